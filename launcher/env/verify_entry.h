/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verify_entry: one entry of a root file system against its line in the tree index, by content.
 *
 * Looked up component by component beneath the root's descriptor, without following a link: no trick with the tree can
 * make something else be read in its place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "env/checked.h"
#include "env/index.h"

struct entry_tree {
    int rootfs;       /* O_PATH */
    const char *text; /* the whole tree index */
    size_t length;
};

/* Gets what is wrong: `path` is the entry, or one in it when that is a directory. */
typedef void (*entry_report)(void *into, const char *path, const char *why);

/* The entry itself with O_PATH, "." for the root; -1 with errno. */
int entry_open(const struct entry_tree *tree, const char *path);
/* True when the entry is what `entry` says; else at least one report. *ret_stamp is its state before it was read, which
 * it still had afterwards; *ret_settled whether a later change is sure to show in it. */
bool entry_is_same(const struct entry_tree *tree, const struct index_entry *entry, entry_report report, void *into,
                   struct checked_stamp *ret_stamp, bool *ret_settled);
