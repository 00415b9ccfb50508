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
    int archive_fd;
    int stage_fd;
    struct digest sha256;
    const struct unpack_limits *limits;
    _Atomic uint64_t *done; /* bytes of the archive read */
};

/* As unpack(), in the calling process. */
int work_unpack(const struct work *work, struct store_tree *ret_tree, struct err *err);
