/* SPDX-License-Identifier: BSD-2-Clause
 *
 * root: builds the root file system of a plan and makes it the root of the calling process, which must be alone in its
 * mount namespace and have all rights over it. Afterwards no path leads to the host. The story is in root.c.
 */
#pragma once

#include "base/err.h"
#include "sandbox/plan.h"
#include "sandbox/stdio.h"

/* `stdio` comes with what stdio_find() has found; its descriptors are replaced on the way. */
int root_enter(const struct plan *plan, struct stdio *stdio, struct err *err);

/* For launches by uid 0: makes the parts of /proc read-only in which files ask for the owner only, not for a
 * capability. After root_enter(), before the rights over the mounts are given up. */
int root_protect_proc(struct err *err);
