/* SPDX-License-Identifier: BSD-2-Clause
 * confirmation: how often, and on how many machines, reruns of a run came to the same. */
#include "run/confirmation.h"

#include <string.h>

#include "base/strlist.h"
#include "run/verdict.h"

/* A word that this version does not know, of a later one, is no confirmation. */
static bool is_good(const struct catalog_run *run)
{
    bool good = run->same_exit;
    for (size_t i = 0; i < run->verdicts; i++) {
        enum verdict verdict = VERDICT_DIFFERENT;
        (void)verdict_from_name(run->verdict[i].name, &verdict);
        good &= verdict_is_good(verdict) || run->verdict[i].count == 0;
    }
    return good;
}

void confirmation_count(const struct catalog *catalog, const char *id, struct confirmation *ret_confirmation)
{
    struct confirmation confirmation = {0};
    struct strlist machines = {0};
    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_run *run = &catalog->run[i];
        if (!run->is_compared || strcmp(run->with, id) != 0) {
            continue;
        }
        confirmation.reruns++;
        if (!is_good(run)) {
            continue;
        }
        confirmation.good++;
        if (run->machine[0] != '\0' && !strlist_has(&machines, run->machine)) {
            strlist_add(&machines, run->machine);
        }
        /* RFC 3339 in one zone sorts as text. */
        if (confirmation.last == NULL || strcmp(run->started, confirmation.last) > 0) {
            confirmation.last = run->started;
        }
    }
    confirmation.machines = machines.count;
    strlist_release(&machines);
    *ret_confirmation = confirmation;
}
