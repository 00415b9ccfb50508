/* SPDX-License-Identifier: BSD-2-Clause
 * ending: when a batch system has told a run to end, and when the run is ended so that its record can be written. */
#include "sandbox/ending.h"

#include <limits.h>
#include <signal.h>

#define SECOND INT64_C(1000000000)
/* Between the two signals that belong together: Slurm sends them one after the other. */
#define APART (2 * SECOND)

bool ending_is_from_above(const struct signalfd_siginfo *info)
{
    return info->ssi_code == SI_USER && (info->ssi_uid == 0 || info->ssi_pid == 0);
}

bool ending_note(struct ending *ending, const struct signalfd_siginfo *info, int64_t now_ns)
{
    bool is_term = info->ssi_signo == SIGTERM;
    if ((!is_term && info->ssi_signo != SIGCONT) || !ending_is_from_above(info)) {
        return false;
    }
    ending->heard_ns[is_term ? 0 : 1] = now_ns;
    int64_t other_ns = ending->heard_ns[is_term ? 1 : 0];
    if (other_ns == 0 || now_ns - other_ns > APART) {
        return false;
    }
    ending->heard_ns[0] = 0;
    ending->heard_ns[1] = 0;
    ending->times++;
    return true;
}

bool ending_was_told(const struct ending *ending, int64_t now_ns)
{
    bool just_now = ending->heard_ns[0] != 0 && now_ns - ending->heard_ns[0] <= APART;
    return ending->times > 0 || just_now;
}

void ending_start(struct ending *ending, uint64_t grace_ns, int64_t now_ns)
{
    int64_t due_ns = now_ns + (int64_t)grace_ns;
    if (ending->due_ns == 0 || due_ns < ending->due_ns) {
        ending->due_ns = due_ns;
    }
}

bool ending_due(struct ending *ending, int64_t now_ns)
{
    if (ending->due_ns == 0 || now_ns < ending->due_ns) {
        return false;
    }
    ending->due_ns = now_ns + SECOND; /* what was being made then is ended the next time */
    ending->over = true;
    return true;
}

int ending_wait_ms(const struct ending *ending, int64_t now_ns)
{
    if (ending->due_ns == 0) {
        return -1;
    }
    int64_t left = ending->due_ns - now_ns;
    int64_t ms = left > 0 ? (left + 999999) / 1000000 : 0;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}
