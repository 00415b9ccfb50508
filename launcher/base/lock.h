/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lock: mutexes and conditions of which a lost wake costs a second and not the run. No kernel loses one, but what
 * stands between can: a tracer or an outer sandbox that fails futex(2), whose result the C library does not look at.
 * Header only.
 */
#pragma once

#include <pthread.h>
#include <time.h>

/* A second from now, by the clock that pthread_mutex_timedlock(3) and conditions go by. */
static inline struct timespec lock_deadline(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec++;
    return at;
}

static inline void lock_take(pthread_mutex_t *lock)
{
    while (pthread_mutex_trylock(lock) != 0) {
        struct timespec at = lock_deadline();
        if (pthread_mutex_timedlock(lock, &at) == 0) {
            return;
        }
    }
}

/* Waits until it is woken, or for a second: what is waited for is looked at again in any case. */
static inline void lock_wait(pthread_cond_t *condition, pthread_mutex_t *lock)
{
    struct timespec at = lock_deadline();
    (void)pthread_cond_timedwait(condition, lock, &at);
}
