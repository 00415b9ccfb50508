/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_read: reads many packages of the store at once, each to its entries. What is slow about a build is
 * decompression, and packages are independent of each other.
 */
#pragma once

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"
#include "supply/deb.h"

struct build_package {
    struct digest sha256;
    bool is_tar; /* a plain tar archive, not a package */
    struct deb_choice choice;
    struct deb_entries entries; /* filled; so is control */
    struct buf control;
    struct err err;
};

/* The first failure in the order of the packages, whichever thread saw one first. */
int build_read(struct build_package *packages, size_t count, unsigned jobs, const struct store *store,
               struct spool *spool, struct err *err);
