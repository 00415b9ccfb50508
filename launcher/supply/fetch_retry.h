/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_retry: what is worth another try, after how long, and how patient the user wants us to be.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Settings of the environment. */
struct fetch_patience {
    unsigned stall_s; /* SCIWRAP_FETCH_STALL, 1 to 3600, 30: to connect, and with under 1 kB/s arriving */
    unsigned tries;   /* SCIWRAP_FETCH_TRIES, 1 to 100, 4: of one address without new bytes */
    unsigned wait_ms; /* SCIWRAP_FETCH_WAIT, 0 to 60000, 1000: before the second try; twice as long before each other */
};

enum {
    RETRY_WAIT_MOST_MS = 30 * 1000,
    RETRY_AFTER_MOST_S = 120, /* a server that wants more than that is given up: a mirror or a person knows better */
};

/* ERR_USAGE when a setting is no number of its range. */
int fetch_patience_read(struct fetch_patience *ret_patience, struct err *err);

/* Whether the same question may get another answer: the server is busy or being restarted. */
bool retry_is_worth(long status);

/* How long to wait before try number `attempt` (2, 3, ...): doubled each time, between half of it and all of it by
 * `random` (any number), so that a thousand jobs that failed together do not come back together; not before the
 * server's Retry-After (0: it gave none). */
uint64_t retry_wait_ms(const struct fetch_patience *patience, unsigned attempt, uint64_t after_s, uint64_t random);
