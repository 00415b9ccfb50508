/* SPDX-License-Identifier: BSD-2-Clause
 *
 * supply: starts sciwrap-env, the helper that fetches, unpacks and builds: it loads libraries that a launch must not
 * pay for, and reads bytes that the launcher must not see.
 */
#pragma once

#include "base/err.h"

/* Becomes `sciwrap-env argv[0]...`; returns only with an error. */
int supply_become(char **argv, struct err *err);
/* Brings the tree of an environment into the store and waits. Its messages go to standard error. ERR_NETWORK with no
 * more to say when the helper has said it. */
int supply_pull(const char *name, struct err *err);
