/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stage: the writing side of the store (env/store.h): a private folder under tmp/ that is committed whole or not at
 * all.
 *
 * Committing a tree: files written, directories closed, index written, meta written last, renamed to trees/HEX without
 * replacing. When another process was faster, its tree is taken and ours is thrown away: both succeed. A stage that is
 * not committed disappears at the end of its scope; after a crash the next stage_begin removes it (env/garbage.h).
 * Nothing waits for the disk but a child in the background: env/store.h says why that is safe. In a store that other
 * hosts use too (env/sharing.h) the tree is on the disk before it can be seen. Step by step, with what is found after a
 * crash in between: docs/store.md.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"

struct stage {
    const struct store *store; /* borrowed */
    int fd;                    /* the private folder, held with flock; -1 when none */
    char *name;                /* its name under tmp/; NULL when there is nothing to abort */
    bool replace;              /* a tree that is there and complete gives way, for who knows that it is damaged */
};

int stage_begin(struct stage *stage, const struct store *store, struct err *err);
/* Removes everything in the stage, for another attempt in it. */
int stage_empty(struct stage *stage, struct err *err);
/* Publishes the stage as the tree of `tree->artifact`: rootfs/ and index are in it; writes meta. */
int stage_commit_tree(struct stage *stage, const struct store_tree *tree, struct err *err);
/* Publishes the file `name` of the stage as the blob of `digest`, which the caller has verified. Synced. */
int stage_commit_blob(struct stage *stage, const char *name, const struct digest *digest, struct err *err);
void stage_release(struct stage *stage); /* aborts what was not committed */

/* Publishes the synced and verified file `name` of the folder `dirfd` (same file system as the store) as a blob. */
int stage_publish_blob(int store_fd, int dirfd, const char *name, const struct digest *digest, struct err *err);
/* Waits, a minute at most, until nobody else works on `digest`: saves doing the same twice. A descriptor to close when
 * done, or -1: go on without. Says so when it waits. */
int stage_lock(const struct store *store, const struct digest *digest, const char *label);
/* For the time of a download. Where trees are unpacked on each machine (store_for_trees), stage_lock of that store is
 * this machine's alone: this one is that of all who share the user's store, so that one of them downloads. Else -1 at
 * once. */
int stage_lock_download(const struct store *store, const struct digest *digest, const char *label);
