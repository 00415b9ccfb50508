/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits_clock: when a run that has a time limit is to be told to end, and when it is ended. Asks no clock itself: all
 * times are nanoseconds of one that never goes back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { LIMITS_GRACE = 5 }; /* seconds from SIGTERM to SIGKILL: time to write what is in memory */

struct limits_clock {
    int64_t next_ns; /* 0: there is no limit */
    bool over;       /* SIGTERM is due, or was sent */
};

void limits_clock_start(struct limits_clock *clock, uint64_t limit_ns, int64_t now_ns);
/* For poll(2): milliseconds until a signal is due, rounded up; -1: none will be. */
int limits_clock_wait_ms(const struct limits_clock *clock, int64_t now_ns);
/* The signal that is due now, for all of the run, each once; 0: none. SIGKILL comes again each second: what is just
 * being joined to the run could have missed it. */
int limits_clock_due(struct limits_clock *clock, int64_t now_ns);
/* True once SIGTERM was due: whatever the run then ends with, the limit has ended it. */
bool limits_clock_is_over(const struct limits_clock *clock);
