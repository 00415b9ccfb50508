/* SPDX-License-Identifier: BSD-2-Clause
 *
 * filter: the system-call filter of every command, made at build time from syscalls.table: building it at run time
 * with libseccomp costs 1.1 to 1.7 ms, half a launch.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Puts the filter on the calling process for good. Needs no-new-privileges. `nested`: the one that lets namespaces be
 * made (plan.nested). */
int filter_install(bool nested, struct err *err);

/* Whether this kernel lets a call go on that it has told of (Linux 5.5). */
bool filter_can_continue(void);
/* The same with the calls that sandbox/recorder.h tells of stopped until they are answered (seccomp_unotify(2)):
 * returns the descriptor to answer by, close-on-exec. With `seeded` getrandom(2) is one of them. -1 with errno, and no
 * filter, where the kernel has no notifications (before 5.5, or when an outer sandbox forbids them). */
int filter_install_recording(bool seeded, bool nested);
