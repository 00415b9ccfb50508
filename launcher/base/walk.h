/* SPDX-License-Identifier: BSD-2-Clause
 *
 * walk: follows a path through a tree, links included, as the kernel would for a process with that tree as its root
 * (path_resolution(7)). What is in the tree is asked of the caller, so that the same walk goes over a disk (fs_root)
 * and over a list of entries. Never leads out of the tree.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

enum walk_kind {
    WALK_ABSENT, /* nothing there; or what ended the walk: a file with something behind it, too many links */
    WALK_DIRECTORY,
    WALK_LINK,
    WALK_OTHER,   /* a file or whatever cannot have anything beneath it */
    WALK_OUTSIDE, /* a place that is not the tree's: the walk ends there without an answer */
};

struct walk_tree {
    /* What is at `below` ("" is the root; no component of it is a link); of a link its target into *ret_target. */
    enum walk_kind (*look)(const struct walk_tree *tree, const char *below, struct buf *ret_target);
};

/* `path` is taken from the root of the tree, with or without a '/' before it. A link at its end is followed when
 * `follow_last`. The answer is never WALK_LINK with it; *ret_below (may be NULL) gets the place that was found, "" for
 * the root, and is empty when nothing was. */
enum walk_kind walk_path(const struct walk_tree *tree, const char *path, bool follow_last, struct buf *ret_below);
