/* SPDX-License-Identifier: BSD-2-Clause
 *
 * root: builds the root file system of a plan and makes it the root of the calling process, which must be alone in its
 * mount namespace and have all rights over it. Afterwards no path leads to the host. The story is in root.c.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "sandbox/plan.h"
#include "sandbox/stdio.h"
#include "sandbox/view.h"

/* `stdio` comes with what stdio_find() has found; its descriptors are replaced on the way. `root`: the caller is uid 0
 * of the host. The paths in /proc that were covered are added to `covered` (sandbox/view.h). *ret_shared_proc: /proc is
 * the caller's (sandbox/proc.h). */
int root_enter(const struct plan *plan, struct stdio *stdio, const struct view *view, struct strlist *covered,
               bool *ret_shared_proc, struct err *err);
