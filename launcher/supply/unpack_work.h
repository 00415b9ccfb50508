/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_work: the work of the process that unpacks: three threads (read and hash the archive; decompress, read and
 * check it; hash and write files), then the verdict about the digest and the index.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"
#include "supply/unpack.h"

struct work {
    const struct unpack_archive *archive;
    size_t count;           /* of archives; more than one only when they are layers */
    bool layers;            /* of an image */
    struct digest artifact; /* what the tree is the tree of */
    int stage_fd;
    const struct unpack_limits *limits;
    _Atomic uint64_t *done; /* bytes of the archives read */
};

/* As unpack(), in the calling process. */
int work_unpack(const struct work *work, struct store_tree *ret_tree, struct err *err);
