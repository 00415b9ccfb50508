/* SPDX-License-Identifier: BSD-2-Clause
 * workers: work beside a run. */
#include "run/workers.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/lock.h"

void workers_begin(struct workers *workers)
{
    memset(workers, 0, sizeof(*workers));
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, NULL);
    pthread_cond_init(&workers->idle, NULL);
    pthread_cond_init(&workers->express, NULL);
    cpu_set_t allowed;
    int cpus = sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
    workers->most = cpus < 1 ? 1 : cpus > WORKERS_MOST ? WORKERS_MOST : (unsigned)cpus;
}

static struct work *pop(struct workers *workers)
{
    struct work *work = workers->first;
    if (work != NULL) {
        workers->first = work->next;
        workers->last = work->next == NULL ? NULL : workers->last;
        workers->urgent -= workers->urgent > 0; /* they come first */
    }
    return work;
}

static struct work *take(struct workers *workers)
{
    while (workers->first == NULL && !workers->ending) {
        workers->sleeping++;
        pthread_cond_wait(&workers->more, &workers->lock);
        workers->sleeping--;
    }
    return pop(workers);
}

static struct work *take_urgent(struct workers *workers)
{
    while (workers->urgent == 0 && !workers->ending) {
        workers->express_sleeps = true;
        pthread_cond_wait(&workers->express, &workers->lock);
        workers->express_sleeps = false;
    }
    return workers->urgent > 0 ? pop(workers) : NULL;
}

static void *work_through(struct workers *workers, struct work *(*next)(struct workers *workers))
{
    struct work *work;
    lock_take(&workers->lock);
    while ((work = next(workers)) != NULL) {
        pthread_mutex_unlock(&workers->lock);
        work->run(work);
        lock_take(&workers->lock);
        if (--workers->open == 0) {
            pthread_cond_broadcast(&workers->idle);
        }
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

static void *run_thread(void *context)
{
    return work_through(context, take);
}

static void *run_express(void *context)
{
    return work_through(context, take_urgent);
}

static void put(struct workers *workers, struct work *work, bool urgent)
{
    work->next = urgent ? workers->first : NULL;
    if (!urgent && workers->last != NULL) {
        workers->last->next = work;
    } else {
        workers->first = work;
    }
    if (work->next == NULL) {
        workers->last = work;
    }
    workers->open++;
    workers->urgent += urgent;
}

void workers_leave(struct workers *workers, struct work *work)
{
    enum { ENOUGH = 64 };
    lock_take(&workers->lock);
    bool enough = ++workers->left == ENOUGH;
    if (!enough) {
        put(workers, work, false);
    }
    pthread_mutex_unlock(&workers->lock);
    if (enough) {
        workers_give(workers, work, false);
    }
}

/* All others are busy. */
static void call_express(struct workers *workers)
{
    if (workers->express_sleeps) {
        pthread_cond_signal(&workers->express);
    } else if (!workers->has_express && workers->count > 0) {
        workers->has_express = pthread_create(&workers->thread[WORKERS_MOST], NULL, run_express, workers) == 0;
    }
}

void workers_give(struct workers *workers, struct work *work, bool urgent)
{
    lock_take(&workers->lock);
    put(workers, work, urgent);
    workers->left = 0;
    if (workers->sleeping > 0) {
        pthread_cond_signal(&workers->more);
    } else if (workers->count < workers->most &&
               pthread_create(&workers->thread[workers->count], NULL, run_thread, workers) == 0) {
        workers->count++;
    } else if (urgent) {
        call_express(workers);
    }
    workers->alone = workers->count == 0; /* a limit on processes */
    pthread_mutex_unlock(&workers->lock);
}

void workers_help(struct workers *workers)
{
    lock_take(&workers->lock);
    bool alone = workers->alone;
    pthread_mutex_unlock(&workers->lock);
    if (alone) {
        workers_wait(workers);
    }
}

/* Those who sleep do not look by themselves, so that a long run costs nothing: who waits for them calls again. */
static void call_all(struct workers *workers)
{
    pthread_cond_broadcast(&workers->more);
    pthread_cond_broadcast(&workers->express);
}

void workers_wait(struct workers *workers)
{
    struct work *work;
    lock_take(&workers->lock);
    while ((work = pop(workers)) != NULL) { /* who waits can as well help */
        pthread_mutex_unlock(&workers->lock);
        work->run(work);
        lock_take(&workers->lock);
        workers->open--;
    }
    while (workers->open > 0) {
        lock_wait(&workers->idle, &workers->lock);
        call_all(workers);
    }
    pthread_mutex_unlock(&workers->lock);
}

static void join(struct workers *workers, pthread_t thread)
{
    struct timespec at = lock_deadline();
    while (pthread_timedjoin_np(thread, NULL, &at) == ETIMEDOUT) {
        lock_take(&workers->lock);
        call_all(workers);
        pthread_mutex_unlock(&workers->lock);
        at = lock_deadline();
    }
}

void workers_end(struct workers *workers)
{
    workers_wait(workers);
    lock_take(&workers->lock);
    workers->ending = true;
    call_all(workers);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++) {
        join(workers, workers->thread[i]);
    }
    if (workers->has_express) {
        join(workers, workers->thread[WORKERS_MOST]);
    }
    pthread_cond_destroy(&workers->express);
    pthread_cond_destroy(&workers->more);
    pthread_cond_destroy(&workers->idle);
    pthread_mutex_destroy(&workers->lock);
}
