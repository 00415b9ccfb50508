/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tree_check: what is checked of an environment's tree before a command is started in it, so that a tool that somebody
 * changed never runs.
 */
#pragma once

#include "base/err.h"
#include "env/verify.h"
#include "sandbox/plan.h"

/* Tells `verify` what of the tree the plan covers; checks the command's program and what the kernel opens to start it,
 * and with VERIFY_FULL every entry. 0, or -1 with ERR_MISMATCH. Nothing is done with NULL. */
int tree_check(struct verify *verify, enum verify_level level, const struct plan *plan, struct err *err);
/* For an observer (run/observer.h), with the verify as context: checks what the run uses of the tree. */
void tree_check_used(void *verify, const char *named, const char *real, bool program);
