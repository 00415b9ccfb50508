/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_queue: operations on their way from the thread that reads an archive to the thread that writes the tree.
 *
 * They travel in batches of 256 KiB: a lock is taken once a batch, not once a file, and at most QUEUE_BATCHES of them
 * wait, which bounds the memory. One producer, one consumer.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

enum op_kind {
    OP_DIRECTORY, /* create; text is the path */
    OP_MODE,      /* of a directory that exists */
    OP_FILE,      /* create and keep open; `size` is its final one */
    OP_DATA,      /* of the open file, at `offset`; text is the data */
    OP_CLOSE,     /* the open file is complete; its digest belongs to `record` */
    OP_SYMLINK,   /* text is path, NUL, target */
    OP_LINK,      /* text is path, NUL, path of the file it is another name of */
    OP_TIME,      /* of a directory, after everything in it */
    OP_REMOVE,    /* the path and all beneath it */
};

struct op {
    enum op_kind kind;
    unsigned mode;
    size_t record; /* number of the entry in the tree */
    uint64_t size;
    uint64_t offset;
    int64_t mtime;
    size_t length; /* of text */
    bool hashed;   /* OP_FILE: the reader hashes this file, so the writer need not; OP_CLOSE: and this is its digest */
    struct digest digest;
    const char *text; /* set by queue_take; ends in NUL except for OP_DATA */
};

enum {
    QUEUE_BATCH = 256 * 1024,
    QUEUE_BATCHES = 24,
    QUEUE_DATA = 128 * 1024, /* the most that one OP_DATA carries */
};

struct queue_batch {
    char *bytes;
    size_t used;
};

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct queue_batch batch[QUEUE_BATCHES];
    size_t filled, taken;     /* counts of batches, ever growing */
    struct queue_batch *open; /* producer: the batch that is being filled */
    size_t read;              /* consumer: bytes of the current batch that were taken */
    bool closed;              /* the producer is done */
    bool broken;              /* the consumer has given up */
};

void queue_init(struct queue *queue);
/* Adds the operation with a copy of `length` bytes of text (and of a second one behind a NUL, when not NULL). -1 when
 * the consumer has given up. */
int queue_put(struct queue *queue, const struct op *op, const char *text, size_t length, const char *second);
/* Hands over what is waiting in the last batch; nothing is put afterwards. */
void queue_close(struct queue *queue);
/* The next operation, valid until the next call; false at the end. */
bool queue_take(struct queue *queue, struct op *ret_op);
/* The consumer takes no more. */
void queue_break(struct queue *queue);
void queue_release(struct queue *queue);
