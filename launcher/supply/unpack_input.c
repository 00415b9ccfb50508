/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_input: reads and hashes an archive file in a thread of its own. */
#include "supply/unpack_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

/* A free block, or NULL when the thread shall end. While nobody reads blocks, the first one is always free. */
static char *wait_for_room(struct input *input, size_t *ret_slot)
{
    pthread_mutex_lock(&input->mutex);
    while (!input->unread && !input->stopped && input->filled - input->taken == INPUT_BLOCKS) {
        pthread_cond_wait(&input->changed, &input->mutex);
    }
    *ret_slot = input->filled % INPUT_BLOCKS;
    char *block = input->stopped ? NULL : input->block[*ret_slot];
    pthread_mutex_unlock(&input->mutex);
    return block;
}

static void hand_over(struct input *input, size_t slot, size_t length)
{
    pthread_mutex_lock(&input->mutex);
    input->length[slot] = length;
    input->filled++;
    pthread_cond_broadcast(&input->changed);
    pthread_mutex_unlock(&input->mutex);
}

ssize_t input_pread(const struct input *input, void *bytes, size_t length, uint64_t at)
{
    uint64_t left = at < input->most ? input->most - at : 0;
    return pread(input->fd, bytes, left < length ? (size_t)left : length, (off_t)(input->from + at));
}

static ssize_t read_block(const struct input *input, char *block)
{
    size_t length = 0;
    while (length < INPUT_BLOCK) {
        ssize_t got = input_pread(input, block + length, INPUT_BLOCK - length, input->size + length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static void *read_all(void *argument)
{
    struct input *input = argument;
    struct digest_state state;
    digest_begin(&state);
    for (;;) {
        size_t slot;
        char *block = wait_for_room(input, &slot);
        ssize_t got = block != NULL ? read_block(input, block) : 0;
        if (got < 0) {
            err_set_errno(&input->err, ERR_SYSTEM, errno, "read the archive");
        }
        if (got <= 0) {
            break;
        }
        input->size += (uint64_t)got;
        atomic_fetch_add(input->done, (uint64_t)got);
        /* Hashed before it is handed over: the consumer gets the block while it is still in the cache, and cannot be
         * ahead of the hash. */
        digest_update(&state, block, (size_t)got);
        hand_over(input, slot, (size_t)got);
    }
    digest_end(&state, &input->digest);
    pthread_mutex_lock(&input->mutex);
    input->ended = true;
    pthread_cond_broadcast(&input->changed);
    pthread_mutex_unlock(&input->mutex);
    return NULL;
}

static void release(struct input *input)
{
    for (size_t i = 0; i < INPUT_BLOCKS; i++) {
        free(input->block[i]);
    }
    pthread_mutex_destroy(&input->mutex);
    pthread_cond_destroy(&input->changed);
}

int input_start(struct input *input, int fd, uint64_t from, uint64_t most, _Atomic uint64_t *done, struct err *err)
{
    *input = (struct input){.fd = fd, .from = from, .most = most, .done = done};
    for (size_t i = 0; i < INPUT_BLOCKS; i++) {
        input->block[i] = xmalloc(INPUT_BLOCK);
    }
    pthread_mutex_init(&input->mutex, NULL);
    pthread_cond_init(&input->changed, NULL);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    int failed = pthread_create(&input->thread, NULL, read_all, input);
    if (failed != 0) {
        release(input);
        return err_set_errno(err, ERR_SYSTEM, failed, "start a thread");
    }
    return 0;
}

/* `taken` counts the block that the consumer holds as waiting until it asks for the next one. */
int64_t input_next(struct input *input, const void **ret_bytes, struct err *err)
{
    int64_t length = 0;
    pthread_mutex_lock(&input->mutex);
    if (*ret_bytes != NULL) {
        input->taken++;
        pthread_cond_broadcast(&input->changed);
    }
    while (!input->ended && input->filled == input->taken) {
        pthread_cond_wait(&input->changed, &input->mutex);
    }
    *ret_bytes = NULL;
    if (input->filled != input->taken) {
        *ret_bytes = input->block[input->taken % INPUT_BLOCKS];
        length = (int64_t)input->length[input->taken % INPUT_BLOCKS];
    } else if (input->err.kind != ERR_NONE) {
        *err = input->err;
        length = -1;
    }
    pthread_mutex_unlock(&input->mutex);
    return length;
}

static void join(struct input *input, bool *flag)
{
    pthread_mutex_lock(&input->mutex);
    *flag = true;
    pthread_cond_broadcast(&input->changed);
    pthread_mutex_unlock(&input->mutex);
    pthread_join(input->thread, NULL);
    release(input);
}

int input_finish(struct input *input, struct digest *ret_digest, uint64_t *ret_size, struct err *err)
{
    join(input, &input->unread);
    if (input->err.kind != ERR_NONE) {
        *err = input->err;
        return -1;
    }
    *ret_digest = input->digest;
    *ret_size = input->size;
    return 0;
}

void input_stop(struct input *input)
{
    join(input, &input->stopped);
}
