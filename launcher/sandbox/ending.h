/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ending: when a batch system has told a run to end, and when the run is ended so that its record can still be written.
 *
 * Slurm ends a job in two steps (scancel(1), slurm.conf(5) KillWait): SIGCONT and SIGTERM to every process, and SIGKILL
 * to every process, this launcher included, when KillWait is over. A command that ignores the first would take its
 * record with it, so it is killed a little earlier, by us. Both signals, from root, within a moment: a SIGTERM alone is
 * somebody's message to the command, which may be "save what you have".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/signalfd.h>

struct ending {
    int64_t heard_ns[2]; /* when SIGTERM and SIGCONT came last; 0: not since both were there */
    unsigned times;      /* how often it was told */
    int64_t due_ns;      /* CLOCK_MONOTONIC, of the next SIGKILL; 0: never */
    bool over;           /* one was sent */
};

/* From root, or to a whole process group: kill(2) rewrites the sender's numbers for the first process in a namespace
 * that it comes to, and shows them to the others of the group so (__send_signal in kernel/signal.c): PID 0. */
bool ending_is_from_above(const struct signalfd_siginfo *info);
/* Notes a signal to the launcher. True when by it the run has been told to end, once more. */
bool ending_note(struct ending *ending, const struct signalfd_siginfo *info, int64_t now_ns);
/* At the end of the run: it was told to end, or ended by the first of the two signals before the other one came. */
bool ending_was_told(const struct ending *ending, int64_t now_ns);
/* It has `grace_ns` more. A later end than the one that is set changes nothing. */
void ending_start(struct ending *ending, uint64_t grace_ns, int64_t now_ns);
/* True when SIGKILL is due for every process of the run: then it is taken for sent. */
bool ending_due(struct ending *ending, int64_t now_ns);
/* Milliseconds until then; -1: never. */
int ending_wait_ms(const struct ending *ending, int64_t now_ns);
