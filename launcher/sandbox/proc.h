/* SPDX-License-Identifier: BSD-2-Clause
 *
 * proc: the /proc of a run: a fresh one of its PID namespace. Where parts of the caller's are covered, as in a
 * container, the kernel gives no fresh one (mount_too_revealing() in fs/namespace.c); then, if that is allowed, the
 * caller's, with what is covered in it. The run has its own PID namespace all the same: it sees the names of processes
 * outside, but cannot signal, trace or look into any; and its own numbers are others than the ones in /proc.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* At `place`, which is made, while the caller's /proc is in sight. */
int proc_mount(const char *place, bool may_share, bool *ret_shared, struct err *err);
/* The same once more at the empty folder `at`, read-only. */
int proc_freeze_view(const char *place, const char *at, struct err *err);
