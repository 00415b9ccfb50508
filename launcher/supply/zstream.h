/* SPDX-License-Identifier: BSD-2-Clause
 *
 * zstream: bytes to one zstd stream (RFC 8878) and back, through libarchive.
 *
 * Compressed by one thread: more would cut the stream into pieces whose number depends on the host. The same bytes,
 * written in pieces of any size, give the same stream with the same versions of libarchive and libzstd.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Takes the next bytes of the compressed stream. */
typedef int (*zstream_sink)(void *user, const void *bytes, size_t length, struct err *err);
/* Gives the next bytes of a compressed stream, valid until it is called again: their count, 0 at the end, -1 error. */
typedef int64_t (*zstream_source)(void *user, const void **ret_bytes, struct err *err);

struct zwriter;
struct zreader;

/* `level` as in zstd(1), 1 to 19: beyond it a reader needs more than 8 MiB of window. NULL on error. */
struct zwriter *zwriter_open(int level, zstream_sink sink, void *user, struct err *err);
int zwriter_put(struct zwriter *writer, const void *bytes, size_t length, struct err *err);
/* The last bytes have reached the sink when this returns 0. */
int zwriter_finish(struct zwriter *writer, struct err *err);
void zwriter_close(struct zwriter **writer); /* for a cleanup attribute; also after zwriter_finish() */

/* ERR_INVALID when the stream is not zstd, and nothing else around it. */
struct zreader *zreader_open(zstream_source source, void *user, struct err *err);
/* The next plain bytes, valid until the next call: their count, 0 at the end of the stream, -1 error. */
int64_t zreader_next(struct zreader *reader, const void **ret_bytes, struct err *err);
void zreader_close(struct zreader **reader);
