/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_queue: operations on their way from reading to writing. */
#include "supply/unpack_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void queue_init(struct queue *queue)
{
    *queue = (struct queue){0};
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->changed, NULL);
}

/* Every operation starts at an address that a struct op may have. */
static size_t aligned(size_t size)
{
    return (size + _Alignof(struct op) - 1) / _Alignof(struct op) * _Alignof(struct op);
}

static void hand_over(struct queue *queue)
{
    queue->open = NULL;
    pthread_mutex_lock(&queue->mutex);
    queue->filled++;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

/* Waits for an empty batch; false when the consumer has given up. */
static bool open_batch(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    while (!queue->broken && queue->filled - queue->taken == QUEUE_BATCHES) {
        pthread_cond_wait(&queue->changed, &queue->mutex);
    }
    bool broken = queue->broken;
    struct queue_batch *batch = &queue->batch[queue->filled % QUEUE_BATCHES];
    pthread_mutex_unlock(&queue->mutex);
    if (batch->bytes == NULL) {
        batch->bytes = xmalloc(QUEUE_BATCH);
    }
    queue->open = broken ? NULL : batch;
    return !broken;
}

int queue_put(struct queue *queue, const struct op *op, const char *text, size_t length, const char *second)
{
    size_t second_length = second != NULL ? strlen(second) + 1 : 0;
    size_t need = aligned(sizeof(*op)) + aligned(length + 1 + second_length);
    if (queue->open != NULL && queue->open->used + need > QUEUE_BATCH) {
        hand_over(queue);
    }
    if (queue->open == NULL && !open_batch(queue)) {
        return -1;
    }
    struct op head = *op;
    head.length = length;
    char *at = queue->open->bytes + queue->open->used;
    memcpy(at, &head, sizeof(head));
    at += aligned(sizeof(head));
    memcpy(at, text, length);
    at[length] = '\0';
    if (second != NULL) {
        memcpy(at + length + 1, second, second_length);
    }
    queue->open->used += need;
    return 0;
}

void queue_close(struct queue *queue)
{
    hand_over(queue);
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

static bool wait_for_batch(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    while (!queue->closed && queue->filled == queue->taken) {
        pthread_cond_wait(&queue->changed, &queue->mutex);
    }
    bool there = queue->filled != queue->taken;
    pthread_mutex_unlock(&queue->mutex);
    return there;
}

static void give_back(struct queue *queue, struct queue_batch *batch)
{
    batch->used = 0;
    queue->read = 0;
    pthread_mutex_lock(&queue->mutex);
    queue->taken++;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

static bool has_second(enum op_kind kind)
{
    return kind == OP_SYMLINK || kind == OP_LINK;
}

bool queue_take(struct queue *queue, struct op *ret_op)
{
    for (;;) {
        struct queue_batch *batch = &queue->batch[queue->taken % QUEUE_BATCHES];
        if (queue->read == 0 && !wait_for_batch(queue)) {
            return false;
        }
        if (queue->read >= batch->used) {
            give_back(queue, batch);
            continue;
        }
        const char *at = batch->bytes + queue->read;
        memcpy(ret_op, at, sizeof(*ret_op));
        ret_op->text = at + aligned(sizeof(*ret_op));
        size_t whole = ret_op->length + 1;
        if (has_second(ret_op->kind)) {
            whole += strlen(ret_op->text + whole) + 1;
        }
        queue->read += aligned(sizeof(*ret_op)) + aligned(whole);
        return true;
    }
}

void queue_break(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->broken = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

void queue_release(struct queue *queue)
{
    for (size_t i = 0; i < QUEUE_BATCHES; i++) {
        free(queue->batch[i].bytes);
    }
    pthread_mutex_destroy(&queue->mutex);
    pthread_cond_destroy(&queue->changed);
}
