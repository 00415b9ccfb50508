/* SPDX-License-Identifier: BSD-2-Clause
 *
 * jail_filter: the system calls that work on foreign bytes may make, as a seccomp filter: an allow-list of about fifty.
 *
 * Its own table and not the launcher's (sandbox/syscalls.table): that one is for any program that a person may want to
 * run, with some 350 calls and rules about their arguments, and supply may not reach into sandbox. This one is short
 * enough to be read at once, and to be built without a tool.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* For this process and its threads, for good; needs no-new-privileges. Afterwards a call that is not in the table fails
 * with ENOSYS, and one that only a process that was taken over would make (exec, fork, sockets, ptrace, signals,
 * mounts, io_uring, memory that is executable ...) ends it with SIGSYS. Of the `count` files open in `input`, for
 * reading only, neither mode nor times can be changed. Source: seccomp(2). */
int jail_filter(const int *input, size_t count, struct err *err);
