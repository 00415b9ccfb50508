/* SPDX-License-Identifier: BSD-2-Clause
 *
 * enter: one more command in a run that is going on, behind the same walls: its namespaces (the PID namespace too), no
 * right, no way to gain one, the same system call filter, the limits of its processes, descriptors 0 to 2 and no other.
 *
 * The joined namespaces belong to the first user namespace of a run, its commands live in the second (sandbox/init.c):
 * so the first is joined to get at the others, then the second (setns(2), ioctl_ns(2)). From before that until the
 * command executes, the process is not dumpable: what runs inside has the same uid and could trace it else and take
 * what it holds (CVE-2016-9962).
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "sandbox/launch.h"
#include "sandbox/plan.h"

struct enter_target {
    pid_t process; /* of the run, dumpable: its command */
    /* What its namespaces must be, in the order of launch_result; 0: it does not matter. A process that took its number
     * over meanwhile is recognised by them. */
    uint64_t namespace[LAUNCH_NAMESPACES];
};

/* Starts the plan's argv (none: a shell of the environment) and waits for its end. Of the plan, argv, environment,
 * workdir, umask, fixed_addresses and what confine_calls() asks for count. It dies with this process, and with the run.
 * The calling process has joined the run afterwards and is good for nothing but to exit. *ret_wait_status as waitpid(2)
 * gives it. Fails as launch() does. */
int enter_run(const struct plan *plan, const struct enter_target *target, int *ret_wait_status, struct err *err);
