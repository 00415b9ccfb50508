/* SPDX-License-Identifier: BSD-2-Clause
 * fetch_retry: what is worth another try, and after how long. */
#include "supply/fetch_retry.h"

#include <stdlib.h>

#include "base/text.h"

static int read_number(const char *name, uint64_t least, uint64_t most, unsigned *value, struct err *err)
{
    uint64_t number = 0;
    const char *text = getenv(name);
    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    if (!text_to_u64(text, least, most, &number)) {
        return err_set(err, ERR_USAGE, "%s is '%s': it must be a number from %llu to %llu", name, text,
                       (unsigned long long)least, (unsigned long long)most);
    }
    *value = (unsigned)number;
    return 0;
}

int fetch_patience_read(struct fetch_patience *ret_patience, struct err *err)
{
    struct fetch_patience patience = {.stall_s = 30, .tries = 4, .wait_ms = 1000};
    if (read_number("SCIWRAP_FETCH_STALL", 1, 3600, &patience.stall_s, err) < 0 ||
        read_number("SCIWRAP_FETCH_TRIES", 1, 100, &patience.tries, err) < 0 ||
        read_number("SCIWRAP_FETCH_WAIT", 0, 60000, &patience.wait_ms, err) < 0) {
        return -1;
    }
    *ret_patience = patience;
    return 0;
}

bool retry_is_worth(long status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

uint64_t retry_wait_ms(const struct fetch_patience *patience, unsigned attempt, uint64_t after_s, uint64_t random)
{
    uint64_t wait = patience->wait_ms;
    for (unsigned i = 2; i < attempt && wait < RETRY_WAIT_MOST_MS; i++) {
        wait *= 2;
    }
    wait = wait < RETRY_WAIT_MOST_MS ? wait : RETRY_WAIT_MOST_MS;
    wait -= random % (wait / 2 + 1);
    return wait > after_s * 1000 ? wait : after_s * 1000;
}
