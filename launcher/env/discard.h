/* SPDX-License-Identifier: BSD-2-Clause
 *
 * discard: takes a tree out of the store, unless it is in use.
 *
 * It is renamed to tmp/del.HEX.RANDOM first, so that it is there whole or not at all, and then removed. After a crash
 * in between the next collection of garbage goes on. On a network file system other machines can see a tree for a while
 * that was renamed; there the removal itself is left to a later collection, two minutes later at the earliest, when
 * nobody has turned out to use it.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/strlist.h"
#include "env/store.h"

enum discard {
    DISCARD_DONE,
    DISCARD_LATER,  /* out of the way, and removed by a later collection of garbage */
    DISCARD_ABSENT, /* there was no such tree */
    DISCARD_IN_USE,
};

/* The time as the store's file system has it, which can be another machine's: ages of files are told by it. */
time_t discard_now(const struct store *store);

/* What lies at trees/HEX of `store`, complete or not. `users` (may be NULL) gets who uses it, as far as files under
 * roots/ tell. -1: it is out of the way, but not all of it could be removed. */
int discard_tree(const struct store *store, const struct digest *artifact, struct strlist *users,
                 enum discard *ret_outcome, struct err *err);
/* Whether the tree is in use now; takes nothing away. */
bool discard_is_in_use(const struct store *store, const struct digest *artifact, struct strlist *users);

/* A tree that gives way to another one: moved from trees/HEX into tmp/, and removed unless it is in use. `judged` is
 * the folder as it was when it was found to be no good: another one that has taken its place meanwhile stays. 0 also
 * when it is not there any more; -1 with errno when it could not be moved. */
int discard_replaced(const struct store *store, const struct digest *artifact, const struct stat *judged);

/* Whether `name` in tmp/ is a tree whose removal was not finished; and whether it can be finished now. */
bool discard_is_remains(const char *name);
/* A new name of that kind, for what never was a tree of the store. Caller frees; NULL with errno. */
char *discard_remains_name(void);
bool discard_may_finish(const struct store *store, int tmp_fd, const char *name);
