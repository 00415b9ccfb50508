/* SPDX-License-Identifier: BSD-2-Clause
 *
 * collect: takes out of one store what nobody needs: trees and blobs that were not used for long, or for which there is
 * no room, and what killed processes left. Never a tree that is in use (env/discard.h), and no blob while somebody
 * brings an environment (collect_keep_blobs): it may be on its way into a tree.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "env/contents.h"
#include "env/store.h"

struct collect_policy {
    bool by_age;
    uint64_t older_than_s; /* what was not used for so long goes; 0: all that is not in use */
    bool by_size;
    uint64_t keep_bytes; /* of what is left, what was not used for longest goes until it is no more than that */
    bool dry_run;
};

enum collect_fate {
    COLLECT_GONE,  /* or, in a dry run, would be */
    COLLECT_LATER, /* out of the way; a later collection removes it (env/discard.h) */
    COLLECT_IN_USE,
    COLLECT_FAILED,
};

/* Told of each thing that the policy condemned. `why`: who uses it, as far as it is known, or what failed; else "". */
typedef void (*collect_report)(void *into, const struct content *content, enum collect_fate fate, const char *why);

struct collect_sum {
    uint64_t trees;
    uint64_t blobs;
    uint64_t leftovers; /* what killed processes left */
    uint64_t bytes;     /* of all three */
    uint64_t in_use;    /* condemned and kept */
    uint64_t failed;
};

/* Adds to *sum. What cannot be removed is told and does not stop the rest. */
int collect(const struct store *store, const struct collect_policy *policy, collect_report report, void *into,
            struct collect_sum *sum, struct err *err);

/* One tree or blob, by the same rules. */
enum collect_fate collect_one(const struct store *store, const struct content *content, bool dry_run,
                              struct strlist *users, struct err *err);

/* Held by who brings something into the store, from before the first blob until the tree is there: a descriptor to
 * close, or -1 where the file system has no locks. Waits for a collection that is just removing blobs. */
int collect_keep_blobs(const struct store *store);
