/* SPDX-License-Identifier: BSD-2-Clause
 *
 * supply: starts sciwrap-env, the helper that fetches, unpacks and builds: it loads libraries that a launch must not
 * pay for, and reads bytes that the launcher must not see.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"
#include "publish/bundle.h"

/* Becomes `sciwrap-env argv[0]...`; returns only with an error. */
int supply_become(char **argv, struct err *err);
/* From here on the helper asks nothing from a network (supply/offline.h). */
void supply_go_offline(void);
/* Brings the tree of an environment into the store and waits. Its messages go to standard error. ERR_NETWORK with no
 * more to say when the helper has said it. */
int supply_pull(const char *name, struct err *err);

/* Writes a bundle to the descriptor `to`. The helper's errors are ours. *ret_list: digest of the list of its contents.
 */
int supply_write_bundle(const struct bundle *bundle, int to, struct digest *ret_list, struct err *err);
/* Checks the bundle open at `from` and writes its members, with `contents` all of them, to the folder
 * (supply/bundle_read.h). Nothing may be used unless this returns 0. SIGINT and the like end the helper and not this
 * process, while it waits: the caller has a folder to remove. */
int supply_read_bundle(int from, const char *folder, const char *label, bool contents, struct err *err);
