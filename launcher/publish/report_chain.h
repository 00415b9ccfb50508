/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_chain: a lineage made small enough to be drawn: runs, and the contents that lead from one to the next.
 *
 * Runs that did the same for the same readers (same environment, program and exit, as the tasks of a sweep) are one
 * node when they are more than three. Contents with the same maker and the same readers are one node.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/lineage.h"

enum { CHAIN_TOGETHER = 4, CHAIN_NAMES = 3 };

struct chain_run { /* one run, or several that are drawn as one */
    const struct catalog_run *run;
    size_t count;
    bool is_self; /* the one that the page is about */
};

struct chain_files {
    size_t maker;   /* a place in chain.run; LINEAGE_NONE: no recorded run made them */
    size_t *reader; /* sorted */
    size_t readers;
    const char *name[CHAIN_NAMES]; /* of the first; borrowed */
    size_t count;
    uint64_t bytes;
};

struct chain {
    struct chain_run *run; /* in the order of the lineage: nearest first */
    size_t runs;
    struct chain_files *files;
    size_t groups;
};

/* With `self` the lineage begins with the run of the page, and what else it was asked for are runs that read what this
 * one made: of those only that is in the chain. Else all of it is. */
void chain_make(struct chain *chain, const struct lineage *lineage, bool self);
void chain_release(struct chain *chain);
