/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_limits: how much an archive may hold, and what $SCIWRAP_UNPACK_... says about it.
 *
 * The defaults pass what is pulled in earnest, an image of 10 GB and 500,000 entries, with room, and end a bomb before
 * it fills a disk. They are no part of the pin: another limit refuses an archive or does not, and never gives another
 * tree.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct unpack_limits {
    uint64_t entries;      /* 5,000,000 */
    uint64_t bytes;        /* expanded: 256 GiB */
    uint64_t depth;        /* 256 levels; at most UNPACK_DEPTH_MOST */
    uint64_t path_bytes;   /* 3072, leaves room for the store's own path below PATH_MAX */
    uint64_t header_bytes; /* of one entry's extended headers: 1 MiB, beyond which libarchive 3.6 reads none */
    /* Of the process that unpacks: 4 GiB. Five million entries need some 1.5, as reckoned (records, texts, digests, the
     * sorted index), and xz may ask for a window of 1 GiB beside them. Address space, of which an ordinary image
     * touches a hundredth. */
    uint64_t memory_bytes;
    uint64_t seconds; /* until it is ended: 6 hours */
};

/* The writer keeps a descriptor open for each level of two paths. */
enum { UNPACK_DEPTH_MOST = 1000 };

extern const struct unpack_limits unpack_default_limits;

/* The defaults, and what SCIWRAP_UNPACK_ENTRIES, _BYTES, _DEPTH, _PATH, _HEADER, _MEMORY and _TIME say otherwise; each
 * is range-checked, bytes and times are written as in --limit (base/limits.h). ERR_USAGE names the variable and what
 * it may be. */
int unpack_limits_read(struct unpack_limits *ret_limits, struct err *err);
