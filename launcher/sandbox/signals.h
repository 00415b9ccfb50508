/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signals: what is sent to the launcher while a command runs, to be passed on to it.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>

#include "base/err.h"

/* Blocks every signal but those of our own faults; the others wait in the signalfd(2) that is returned, which does not
 * block. -1 on error. */
int signals_catch(sigset_t *ret_old_mask, struct err *err);
/* What signals do until a record is written, when the command has ended: they wait, for they would end the launcher and
 * its record with it, and there is nobody left whom they could be told. A batch system sends SIGTERM to every process
 * of a job, one after the other, and a command can have ended by it before it comes here. Ctrl-C and Ctrl-\ break off,
 * but with `all`: no terminal is there. */
struct signals_held {
    sigset_t before;
    bool held;
};
void signals_hold(struct signals_held *ret_held, const sigset_t *before, bool all);
/* They act as before; what has waited acts now. */
void signals_let_go(struct signals_held *held);
/* Whether a SIGTERM waits that root or a whole process group was told with; it waits no longer. */
bool signals_told_meanwhile(void);
/* Whether a write of our own raised it, to a closed pipe or over the limit of file sizes (write(2), setrlimit(2)): that
 * the write failed is told where it did, and the command has nothing to do with it. */
bool signals_is_own(const struct signalfd_siginfo *info);
/* Whether the terminal driver has sent it to the whole process group, the command included. */
bool signals_reached_command(const struct signalfd_siginfo *info);
/* A batch system signals every process of a job itself, one after the other: PID 1 is among them, and what reached
 * it has reached or reaches the command. A second SIGTERM tells many programs to end at once. All signals are blocked
 * here, so that they wait. Of processes inside, which are no proof of anything, the number is known. */
bool signals_reached_all(int signal);
