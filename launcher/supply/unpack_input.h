/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_input: reads an archive file in a thread of its own and hashes it on the way, so that the bytes that are
 * unpacked are the bytes that were hashed. One consumer.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"

enum {
    INPUT_BLOCK = 256 * 1024, /* beyond it reading is no faster */
    INPUT_BLOCKS = 6,
};

struct input {
    int fd;                 /* borrowed; read with pread */
    uint64_t from, most;    /* where the archive begins in the file; how many bytes it has at most */
    _Atomic uint64_t *done; /* goes up by the bytes read, for progress; borrowed */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char *block[INPUT_BLOCKS];
    size_t length[INPUT_BLOCKS];
    size_t filled, taken; /* counts of blocks, ever growing: filled - taken are waiting */
    bool ended;           /* the thread has read the last byte, or failed */
    bool unread;          /* the consumer wants no more blocks: only hash */
    bool stopped;         /* nobody wants the digest either */
    struct digest digest;
    uint64_t size;
    struct err err;
};

/* Reads the bytes of the open file from `from` on, `most` of them or as many as there are. */
int input_start(struct input *input, int fd, uint64_t from, uint64_t most, _Atomic uint64_t *done, struct err *err);
/* The next block, valid until the next call; 0 at the end, -1 after a read error. */
int64_t input_next(struct input *input, const void **ret_bytes, struct err *err);
/* Reads and hashes what is left, ends the thread. */
int input_finish(struct input *input, struct digest *ret_digest, uint64_t *ret_size, struct err *err);
/* Ends the thread at once. Either this or input_finish, once. */
void input_stop(struct input *input);
/* As pread(2), of the archive. */
ssize_t input_pread(const struct input *input, void *bytes, size_t length, uint64_t at);
