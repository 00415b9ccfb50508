/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verify_state: what the parts of verify (verify, verify_full, verify_program) share. Nobody else includes it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/strset.h"
#include "env/checked.h"
#include "env/store.h"
#include "env/verify.h"
#include "env/verify_entry.h"

struct verify {
    struct entry_tree tree;     /* the index is mapped */
    char *env;                  /* for messages */
    bool site;                  /* the tree is the site's */
    char hex[DIGEST_HEX + 1];   /* of the artifact: the name of the tree in the store */
    struct digest digest;       /* of the index */
    struct checked_stamp stamp; /* of the index */
    struct store store;         /* the user's own */
    struct checked first;       /* the unpacker's check */
    struct checked later;       /* those of earlier runs */
    struct strlist covered;     /* absolute paths inside */
    bool layered;
    int upper; /* the folder of the layer's files; -1 when there is none, or it cannot be opened */
    bool full; /* every entry was checked and counted */

    pthread_mutex_t lock; /* of all below */
    struct strset done;   /* a letter for the question, and the path */
    struct verify_counts counts;
    struct strset spoiled_once;
    struct strlist spoiled; /* VERIFY_NAMED_MOST at most */
    struct strlist why;
    struct checked_record *found; /* good by content in this run */
    size_t found_count;
    size_t found_capacity;
    bool dirty; /* there is something to remember */
};

/* Notes what is wrong with `path`; an entry_report with the verify as `into`. */
void verify_spoil(void *verify, const char *path, const char *why);
/* The entry of the index line at `line`, which lies at `path`; found good by its state when `st` (may be NULL) is its
 * stat and says so, else by content. */
bool verify_entry(struct verify *verify, const char *path, const struct stat *st, size_t line, size_t length);

enum verify_way {
    VERIFY_WAY_INSIDE,  /* leads to *ret_real */
    VERIFY_WAY_NOWHERE, /* the index has nothing there */
    VERIFY_WAY_OUTSIDE, /* through a place that is not the tree's */
};
/* Where `named` leads by the index alone. */
enum verify_way verify_resolve(struct verify *verify, const char *named, bool follow_last, struct buf *ret_real);
/* Saves, and takes what was saved for what is known: nothing is read twice in one run. */
void verify_refresh(struct verify *verify);
