/* SPDX-License-Identifier: BSD-2-Clause
 * workers: work beside a run. */
#include "run/workers.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

void workers_begin(struct workers *workers)
{
    memset(workers, 0, sizeof(*workers));
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, NULL);
    pthread_cond_init(&workers->idle, NULL);
    cpu_set_t allowed;
    int cpus = sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
    workers->most = cpus < 1 ? 1 : cpus > WORKERS_MOST ? WORKERS_MOST : (unsigned)cpus;
}

static struct work *take(struct workers *workers)
{
    while (workers->first == NULL && !workers->ending) {
        workers->sleeping++;
        pthread_cond_wait(&workers->more, &workers->lock);
        workers->sleeping--;
    }
    struct work *work = workers->first;
    if (work != NULL) {
        workers->first = work->next;
        workers->last = work->next == NULL ? NULL : workers->last;
    }
    return work;
}

static void *run_thread(void *context)
{
    struct workers *workers = context;
    struct work *work;
    pthread_mutex_lock(&workers->lock);
    while ((work = take(workers)) != NULL) {
        pthread_mutex_unlock(&workers->lock);
        work->run(work);
        pthread_mutex_lock(&workers->lock);
        if (--workers->open == 0) {
            pthread_cond_broadcast(&workers->idle);
        }
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
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
}

void workers_leave(struct workers *workers, struct work *work)
{
    enum { ENOUGH = 64 };
    pthread_mutex_lock(&workers->lock);
    bool enough = ++workers->left == ENOUGH;
    if (!enough) {
        put(workers, work, false);
    }
    pthread_mutex_unlock(&workers->lock);
    if (enough) {
        workers_give(workers, work, false);
    }
}

void workers_give(struct workers *workers, struct work *work, bool urgent)
{
    pthread_mutex_lock(&workers->lock);
    put(workers, work, urgent);
    workers->left = 0;
    bool wake = workers->sleeping > 0;
    if (!wake && workers->count < workers->most) {
        bool made = pthread_create(&workers->thread[workers->count], NULL, run_thread, workers) == 0;
        workers->count += made;
        workers->alone = workers->count == 0; /* a limit on processes */
    }
    pthread_mutex_unlock(&workers->lock);
    if (wake) {
        pthread_cond_signal(&workers->more);
    }
}

void workers_help(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    bool alone = workers->alone;
    pthread_mutex_unlock(&workers->lock);
    if (alone) {
        workers_wait(workers);
    }
}

void workers_wait(struct workers *workers)
{
    struct work *work;
    pthread_mutex_lock(&workers->lock);
    while ((work = workers->first) != NULL) { /* who waits can as well help */
        workers->first = work->next;
        workers->last = work->next == NULL ? NULL : workers->last;
        pthread_mutex_unlock(&workers->lock);
        work->run(work);
        pthread_mutex_lock(&workers->lock);
        workers->open--;
    }
    while (workers->open > 0) {
        pthread_cond_wait(&workers->idle, &workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
}

void workers_end(struct workers *workers)
{
    workers_wait(workers);
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++) {
        pthread_join(workers->thread[i], NULL);
    }
    pthread_cond_destroy(&workers->more);
    pthread_cond_destroy(&workers->idle);
    pthread_mutex_destroy(&workers->lock);
}
