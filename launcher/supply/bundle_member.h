/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_member: the members of a bundle, one after the other, strictly: the tar within is the one that bundle_write
 * makes, byte for byte, or it is refused.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

struct member_stream;

/* Where a content goes: both may be absent. */
struct member_target {
    struct buf *text;
    int fd; /* -1: none */
};

/* A bundle from a regular file, read with pread from its start. `done` counts its bytes. Borrows fd. */
struct member_stream *member_stream_open(int fd, _Atomic uint64_t *done, struct err *err);
/* The next member must be the file `name`; its size. */
int member_begin(struct member_stream *stream, const char *name, uint64_t *ret_size, struct err *err);
/* Its content, to be read once after member_begin(). */
int member_content(struct member_stream *stream, const struct member_target *target, struct digest *ret_digest,
                   struct err *err);
/* After the last member: the end of the tar, of the stream and of the file, and the digest of all of it. */
int member_end(struct member_stream *stream, struct err *err);
void member_stream_close(struct member_stream **stream);
