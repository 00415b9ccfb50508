/* SPDX-License-Identifier: BSD-2-Clause
 *
 * payload: the process that becomes the command: clean signals and descriptors, execve. It inherits the system call
 * filter from init.
 */
#pragma once

#include <stddef.h>

#include "sandbox/init.h"

/* Runs in the child of init; never returns. A failure goes to the launcher over the channel. */
void payload_main(const struct init_context *context) __attribute__((noreturn));

/* One descriptor more that a command gets. */
struct payload_passed {
    int fd;
    int number; /* that it has in the command; at least 3 */
};

/* Becomes the plan's command: umask, signals and descriptors 0 to 2 (those of `stdio` that are not -1, else the present
 * ones), `passed` when it is not NULL, nothing else open, execve(2). For a process that has been confined
 * (sandbox/confine.h) and is in its work directory. Returns only when it fails. */
int payload_become(const struct plan *plan, const int stdio[3], const struct payload_passed *passed, struct err *err);

/* Makes the work directory the current one, which the command inherits. In init, before the filter: the recorder would
 * have to be asked about it. Without rights, so that what the command could not enter is not entered. */
int payload_enter_workdir(const struct plan *plan, struct err *err);

/* Overwrites this process' copy of the launcher's arguments, which /proc/PID/cmdline shows to everybody. Before the
 * environment's strings are cleared: their place tells where the arguments end. */
void payload_scrub_arguments(void);

/* Closes every descriptor from `first` on but those of `keep`, which is sorted on the way; -1 in it is none. By
 * close_range(2), or one by one on kernels before 5.9. */
void payload_close_but(int first, int *keep, size_t count);
