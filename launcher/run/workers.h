/* SPDX-License-Identifier: BSD-2-Clause
 *
 * workers: work beside a run, done by a few threads: hashing inputs, securing old contents, checking files of the
 * rootfs. Threads are made when there is work. All signals must be blocked when work is given.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct work {
    struct work *next;
    void (*run)(struct work *work); /* owns *work: usually it is the first field of something larger, which it frees */
};

enum { WORKERS_MOST = 4, WORKERS_URGENT = 1 };

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t more;    /* there is work, or it ends */
    pthread_cond_t express; /* there is urgent work, or it ends */
    pthread_cond_t idle;    /* nothing waits or is worked on */
    struct work *first;
    struct work *last;
    size_t open;   /* waiting and being worked on */
    unsigned left; /* pieces since somebody was woken for one */
    unsigned sleeping;
    unsigned urgent; /* the first so many that wait */
    unsigned count;
    unsigned most;
    bool alone; /* there is work, and no thread could be made for it */
    bool ending;
    bool has_express;
    bool express_sleeps;
    pthread_t thread[WORKERS_MOST + WORKERS_URGENT]; /* the last takes urgent work only */
};

void workers_begin(struct workers *workers);
/* `urgent`: before all that waits, because a process of the run waits for it, and on a thread of its own should all
 * others be busy: hashing a large file takes minutes. */
void workers_give(struct workers *workers, struct work *work, bool urgent);
/* Does what waits when no thread could be made: to be called, after work was given, by who holds no lock that it takes.
 */
void workers_help(struct workers *workers);
/* Work that nobody waits for: done with other work, when there is enough of it, or in workers_wait(). Waking a thread
 * for each piece would cost more than the piece, and the CPU on which the run wants to go on. */
void workers_leave(struct workers *workers, struct work *work);
/* Until everything given is done. */
void workers_wait(struct workers *workers);
/* workers_wait(), and the threads end. */
void workers_end(struct workers *workers);
