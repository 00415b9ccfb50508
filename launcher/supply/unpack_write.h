/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_write: creates what the queue says, relative to open directories, and hashes the content of each file as it
 * is written. Runs in a thread of its own.
 *
 * Every directory on the way is opened without following a link and every entry is created only if nothing has its
 * name, so that a mistake in the rules of unpack_entry is an error here and not a write elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "supply/content_hash.h"
#include "supply/unpack_limits.h"
#include "supply/unpack_queue.h"

enum { WRITER_LEVELS = UNPACK_DEPTH_MOST };

/* The open directories from the root to the last one that was used: entries come in runs of one directory. */
struct writer_way {
    int fd[WRITER_LEVELS + 1]; /* [0] is the root, borrowed */
    char *name[WRITER_LEVELS + 1];
    size_t levels; /* open ones, without the root */
};

struct writer {
    struct queue *queue;
    struct writer_way way;      /* to the entry */
    struct writer_way link_way; /* to what a hard link names */
    struct digest *digest;      /* by record; of files only. Owned; the reader takes it after the end */
    size_t digests;
    int file; /* the open file, -1 */
    uint64_t written;
    bool hashing; /* the open file; else the reader does it */
    struct content_hash hash;
    struct err err; /* kind ERR_NONE: all went well */
};

/* Takes operations until the end of the queue or the first failure, which is in writer->err and breaks the queue. */
void writer_run(struct writer *writer, int root_fd, struct queue *queue);
void writer_release(struct writer *writer);
