/* SPDX-License-Identifier: BSD-2-Clause
 * limits_clock: when a run that has a time limit is to be told to end, and when it is ended. */
#include "sandbox/limits_clock.h"

#include <limits.h>
#include <signal.h>

#define SECOND INT64_C(1000000000)

void limits_clock_start(struct limits_clock *clock, uint64_t limit_ns, int64_t now_ns)
{
    *clock = (struct limits_clock){.next_ns = now_ns + (int64_t)limit_ns};
}

int limits_clock_wait_ms(const struct limits_clock *clock, int64_t now_ns)
{
    if (clock->next_ns == 0) {
        return -1;
    }
    int64_t left = clock->next_ns - now_ns;
    int64_t ms = left > 0 ? (left + 999999) / 1000000 : 0;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

int limits_clock_due(struct limits_clock *clock, int64_t now_ns)
{
    if (clock->next_ns == 0 || now_ns < clock->next_ns) {
        return 0;
    }
    int signal = clock->over ? SIGKILL : SIGTERM;
    clock->next_ns = now_ns + (clock->over ? 1 : LIMITS_GRACE) * SECOND;
    clock->over = true;
    return signal;
}

bool limits_clock_is_over(const struct limits_clock *clock)
{
    return clock->over;
}
