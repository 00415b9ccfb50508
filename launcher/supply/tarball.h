/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tarball: a tree as one tar, always the same bytes for the same tree: entries sorted, headers of tar_header. Our own
 * writer: the headers that libarchive writes differ between its versions, and a pin must hold on every host.
 */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "supply/spool.h"
#include "supply/tree.h"

/* Writes to fd from its current offset. Digest and size are those of the tar. */
int tarball_write(const struct tree *tree, const struct spool *spool, int fd, struct digest *ret_digest,
                  uint64_t *ret_size, struct err *err);
/* The content of `from` (from its start) compressed with zstd to `to`; deterministic for one version of libzstd. */
int tarball_compress(int from, int to, struct err *err);
