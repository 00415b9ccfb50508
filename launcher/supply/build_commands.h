/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_commands: the commands of a recipe, each run inside the merged tree by sciwrap itself: the tree read-only, no
 * network, an empty work directory. What they leave in the work directory becomes part of the tree, from its root.
 *
 * Rejected: letting them change the tree in place. Then the order of writes, inode numbers and times of a host's file
 * system could show in the artifact, and a command could remove what the lock pins.
 */
#pragma once

#include "base/err.h"
#include "supply/recipe.h"
#include "supply/spool.h"
#include "supply/tree.h"

/* `stage_path` is a private folder, open at stage_fd, for the store and the work directory of these runs. Needs the
 * launcher beside this program; ERR_HOST when there is none. Output of the commands goes to standard error. */
int build_commands(const struct recipe *recipe, struct tree *tree, struct spool *spool, int stage_fd,
                   const char *stage_path, struct err *err);
