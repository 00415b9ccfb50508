/* SPDX-License-Identifier: BSD-2-Clause
 *
 * planner: definition, options and host facts to a setup; setup and facts to a plan. Pure: it touches neither disk nor
 * kernel, so that --dry-run, a run and a rerun cannot differ.
 */
#pragma once

#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"
#include "run/facts.h"
#include "run/options.h"
#include "run/setup.h"
#include "sandbox/plan.h"

/* Everything but what the command line's paths add (run/autobind). `argv` is copied; the setup's devices are there
 * already. ERR_USAGE when a bind would cover what the sandbox itself puts there. */
int planner_setup(const struct definition *def, const struct store_tree *tree, const struct run_options *options,
                  const struct facts *facts, const struct strlist *argv, struct setup *ret_setup, struct err *err);

/* `rootfs` and `scratch` are host paths; scratch holds tmp, vartmp and home (run/scratch), and beside it lie those of
 * other runs. */
void planner_build(const struct setup *setup, const struct facts *facts, const char *rootfs, const char *scratch,
                   struct plan *ret_plan);

/* ERR_INVALID when a file that comes with the setup's devices would cover what the sandbox puts somewhere. */
int planner_check_devices(const struct setup *setup, struct err *err);

/* True when the sandbox itself puts something at `path` or beneath it, so that a bind there would cover it. */
bool planner_would_cover(const struct setup *setup, const char *path);
