/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inventory: what is in the work directory, before and after a run, and what changed between.
 *
 * One look at each entry with stat, nothing is opened but directories: a directory of 10,000 files takes some
 * milliseconds. Links are not followed, other file systems not entered, record folders (.sciwrap) left out.
 */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/strlist.h"
#include "run/file_list.h"

struct inventory_entry {
    char *path; /* relative to the work directory */
    struct stat st;
};

struct inventory {
    struct inventory_entry *entry; /* sorted by path */
    size_t count;
    size_t capacity;
    struct strlist records; /* host paths of the record folders that were met */
};

int inventory_take(struct inventory *inventory, const char *workdir, struct err *err);
void inventory_release(struct inventory *inventory);

/* Appends what differs, sorted by path: created, modified, deleted, and entries of which only the mode changed.
 * Directories count when they come, go or change their mode. Digests are those of the state after. A file that cannot
 * be read is listed without a digest. */
void inventory_changes(const struct inventory *before, const struct inventory *after, const char *workdir,
                       struct file_list *ret_changes);
