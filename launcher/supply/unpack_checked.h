/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_checked: notes the state of every inode of a tree that has just been written and hashed (env/checked.h), so
 * that a run need not read what nobody touched since.
 *
 * To be called when nothing in the tree will change any more: a hard link, a mode, a time set later would change an
 * inode's change time. What comes after, renaming the folder that holds the tree, changes nothing beneath it.
 */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "supply/unpack_listing.h"

/* Writes stage_fd/checked. `line` has the place of each record's line in stage_fd/index, whose digest is `index`. */
int unpack_note_checked(int stage_fd, int root_fd, const struct listing *listing, const uint64_t *line,
                        const struct digest *index, struct err *err);
