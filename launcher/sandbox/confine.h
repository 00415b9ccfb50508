/* SPDX-License-Identifier: BSD-2-Clause
 *
 * confine: what every process of a run has lost for good before it executes a command, whether init starts it or one
 * from outside joins it (`sciwrap enter`): capabilities, the way to gain any, most system calls.
 *
 * A process that joins does this in order: join the namespaces, the user namespaces last; payload_enter_workdir();
 * confine_rights(); confine_calls(); payload_become(). It must not be dumpable from before it joins until it executes,
 * or what runs inside could trace it and take its descriptors (CVE-2016-9962).
 */
#pragma once

#include "base/err.h"
#include "sandbox/plan.h"

/* Empties every capability set, sets no-new-privileges, makes the process untraceable until it executes, and checks
 * that all of it is so. After the last user namespace was entered. */
int confine_rights(struct err *err);

/* Puts the plan's system call filter on and checks that it is, after everything that needs more than it allows. After
 * confine_rights(). */
int confine_calls(const struct plan *plan, struct err *err);
