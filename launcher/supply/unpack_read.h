/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_read: lets libarchive decompress and read a tar archive, and compares what it reads with what unpack_scan saw.
 *
 * Two readers of libarchive in a row: one that only decompresses, one that only reads tar. Between them passes the
 * plain stream, which unpack_scan walks too.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"
#include "supply/unpack_entry.h"
#include "supply/unpack_input.h"

/* The uncompressed stream of an archive. */
struct read_plain {
    bool wanted;          /* set by the caller: it wants the digest */
    bool is_file;         /* the archive is not compressed, so the digest is that of the file */
    struct digest digest; /* else this */
};

/* Reads the archive to its end and puts everything in placer->queue. 0, or -1: refused, or the queue is broken (then
 * *err is untouched). */
int read_archive(struct input *input, struct placer *placer, struct read_plain *plain, struct err *err);
