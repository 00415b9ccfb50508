/* SPDX-License-Identifier: BSD-2-Clause
 *
 * layer: what a run with --writable wrote over its read-only root, and lost with the layer at its end.
 */
#pragma once

#include <stddef.h>

#include "base/strlist.h"
#include "sandbox/plan.h"

enum { LAYER_NAMED = 5 };

/* How many files and links were written or deleted in the plan's layer; the first of them by name, as seen inside, in
 * *ret_names. What the sandbox itself made as places for its mounts does not count. */
size_t layer_lost(const struct plan *plan, struct strlist *ret_names);
