/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tar_header: the header blocks of one entry of a tar, always the same bytes for the same entry: owners 0:0 without
 * names, POSIX ustar with a pax record only where a name or size does not fit (POSIX.1-2017, utility pax, "EXTENDED
 * DESCRIPTION"). Our own, because the headers that libarchive writes differ between its versions.
 *
 * Who reads such a tar makes the header again from what it says and compares: then nothing in it can say anything else.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { TAR_BLOCK = 512 };

struct tar_entry {
    const char *path; /* with its '/' at the end when it is a directory */
    char type;        /* '0' file, '1' hard link, '2' symbolic link, '5' directory */
    unsigned mode;
    uint64_t size;
    int64_t mtime;
    const char *link; /* target of a link, else "" */
};

/* Appends the blocks, one or three and more. ERR_INVALID for a name that needs a record and is not UTF-8. */
int tar_header_add(struct buf *blocks, const struct tar_entry *entry, struct err *err);
