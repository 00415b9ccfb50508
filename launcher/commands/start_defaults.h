/* SPDX-License-Identifier: BSD-2-Clause
 *
 * start_defaults: options of a run that a config file or a variable gives (env/config_keys names them). They are taken
 * as if they stood before those of the command line, so that what they change of an experiment is in its manifest, and
 * a rerun, which takes everything from there, does not depend on them.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "run/options.h"

/* Hands each option that is set to `take`, but --bind. */
int start_defaults(int (*take)(void *into, const char *name, const char *value, struct err *err), void *into,
                   struct err *err);
/* --bind, after those of the command line: where one of these has put something nothing else is put. A source that
 * this host does not have is left out, and told of. */
int start_default_binds(struct run_options *options, const char *cwd, struct err *err);
