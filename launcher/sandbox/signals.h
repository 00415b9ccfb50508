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
/* Whether the terminal driver has sent it to the whole process group, the command included. */
bool signals_reached_command(const struct signalfd_siginfo *info);
/* A batch system signals every process of a job itself, one after the other: PID 1 is among them, and what reached
 * it has reached or reaches the command. A second SIGTERM tells many programs to end at once. All signals are blocked
 * here, so that they wait. Of processes inside, which are no proof of anything, the number is known. */
bool signals_reached_all(int signal);
