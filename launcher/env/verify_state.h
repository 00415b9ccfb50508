/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verify_state: what the parts of verify (verify, verify_way, verify_program, verify_full, verify_cache) share. Nobody
 * else includes it.
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
    int upper;         /* the folder of the layer's files; -1 when there is none, or it cannot be opened */
    bool full;         /* every entry was checked and counted */
    bool forget;       /* nothing is remembered for the next run */
    size_t named_most; /* spoiled paths that are named */

    pthread_mutex_t covers_lock; /* held while real names are looked up, once */
    bool covers_known;
    pthread_mutex_t lock;  /* of all below */
    struct strset folders; /* directories of the index, by their real paths */
    struct strset done;    /* a letter for the question, and the path */
    struct verify_counts counts;
    struct strset spoiled_once;
    struct strlist spoiled; /* named_most at most */
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

/* True the first time that this question, a letter, is asked for this path. Another thread may still be at the answer:
 * its finding counts as much. */
bool verify_is_new(struct verify *verify, char question, const char *path);
/* `path` without '/' before it; "." for the root. Borrowed. */
const char *verify_spelled(const char *path);

enum cover { COVER_NONE, COVER_SELF, COVER_BELOW };

/* Whether the run sees something that is not the tree's at `below` ("" is the root), or beneath it. */
enum cover verify_cover_of(const struct verify *verify, const char *below);
/* From then on places are covered by their names without links as well. Left to the first check beside the run: a start
 * would have to wait for it. */
void verify_learn_covers(struct verify *verify);

/* verify_used and verify_missing by the covers that are known. */
bool verify_check_used(struct verify *verify, const char *named, const char *real);
bool verify_check_missing(struct verify *verify, const char *named);
/* The links on the way from `named` to `real`, which need not be in the tree. */
bool verify_check_way(struct verify *verify, const char *named, const char *real);

enum verify_way {
    VERIFY_WAY_INSIDE,  /* leads to *ret_real */
    VERIFY_WAY_NOWHERE, /* the index has nothing there */
    VERIFY_WAY_OUTSIDE, /* through a place that is not the tree's */
};
/* Where `named` leads by the index alone. */
enum verify_way verify_resolve(struct verify *verify, const char *named, bool follow_last, struct buf *ret_real);
/* Saves, and takes what was saved for what is known: nothing is read twice in one run. */
void verify_refresh(struct verify *verify);
