/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mirror: places that have files by their digest, whatever their first address was: $SCIWRAP_MIRRORS, folders and
 * http(s) addresses with blanks between them, each with its files under sha256/HEX (a store's blobs/ is such a folder,
 * and so is that of an OCI layout).
 *
 * Folders are looked into first: that costs a system call. Servers are asked after a file's own addresses, so that a
 * mirror is told nothing that it is not needed for, or before them with SCIWRAP_MIRRORS_FIRST=yes, where the site wants
 * its line spared. A mirror is trusted with nothing: what it sends is held against the digest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

/* Where to ask for one file, one after the other. */
struct mirror_order {
    struct strlist from; /* paths and addresses */
    size_t own, own_end; /* those from `own` to before `own_end` are the file's own, the others are mirrors */
};

bool mirror_has_any(void);
/* `own` with the mirrors before and after. A word that is no folder's absolute path, file:///, http:// or https:// is
 * ERR_USAGE. */
int mirror_order(const struct strlist *own, const struct digest *sha256, struct mirror_order *ret_order,
                 struct err *err);
bool mirror_is_one(const struct mirror_order *order, size_t i);
/* The word of $SCIWRAP_MIRRORS that place `i`, a mirror, is of; caller frees. */
char *mirror_name(const struct mirror_order *order, size_t i);
void mirror_order_release(struct mirror_order *order);
