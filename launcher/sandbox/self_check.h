/* SPDX-License-Identifier: BSD-2-Clause
 *
 * self_check: looks at what has been built before anything of the environment runs in it. Every step of a launch
 * reports its failure; this finds the step that reported success and did nothing, whatever the reason: an outer
 * sandbox that answers calls itself, a tracer, an error of ours. What is not as it should be is ERR_HOST, and nothing
 * is started.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "sandbox/plan.h"

/* Every mount in reach: those of the plan are at their targets with the type and the flags that it says; every one is
 * nosuid, nodev (devices excepted), passes nothing on to the host, and is read-only unless the plan says otherwise;
 * `covered` are covered; in a shared /proc an engine has covered more. After root_enter(), with its /proc. */
int self_check_mounts(const struct plan *plan, const struct strlist *covered, bool shared_proc, struct err *err);

/* Every capability set is empty, no-new-privileges is set, the process cannot be traced by the run. */
int self_check_rights(struct err *err);

/* The system call filter is on. In the process that has put it on; others inherit it. */
int self_check_filter(struct err *err);

/* The number of this process' network namespace, 0 when it cannot be had; and that it was another one before. */
uint64_t self_check_network(void);
int self_check_network_left(uint64_t before, uint64_t now, struct err *err);

/* Nothing is open beyond descriptor 2 but what closes itself at execve(2): by /proc/self/fd. */
int self_check_descriptors(struct err *err);
