/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store: where artifacts and unpacked trees live, addressed by digest. This header is the reading side, which a launch
 * needs; supply/stage.h is the writing side.
 *
 *     blobs/sha256/HEX        artifacts and package files, complete and verified
 *     trees/HEX/rootfs        the artifact HEX unpacked, read-only
 *     trees/HEX/index         its entries, sorted (env/index.h)
 *     trees/HEX/checked       the state of each inode when the unpacker had hashed it (env/checked.h); may be absent
 *     trees/HEX/settings      of an image: its command and variables (env/image_settings.h); the meta has its digest
 *     trees/HEX/meta          written last; a tree exists if and only if this parses and says complete. Its lock says
 *                             that the tree is in use (env/roots.h), its time when it was used last, to a day
 *     verified/HEX            in the user's store: what later runs had to check again of the tree HEX, which may be the
 *                             site's; may be absent
 *     tmp/                    staging; anything here that nobody holds a lock on is garbage, partial downloads excepted
 *     roots/                  who uses a tree, where locks do not say it (env/roots.h)
 *     locks/                  save duplicate work; correctness never rests on them (NFS, Lustre)
 *
 * Place: $SCIWRAP_STORE, else $XDG_DATA_HOME/sciwrap/store, else ~/.local/share/sciwrap/store. $SCIWRAP_SITE_STORE
 * names a read-only store of the site that is looked in first. When the user's store lies on a network file system,
 * trees are unpacked on this machine instead, in $SCIWRAP_NODE_STORE, else $TMPDIR/sciwrap-UID: a folder that belongs
 * to the user alone, or it is not used. Blobs stay in the user's store.
 *
 * After a power cut. Waiting for the disk (syncfs) costs more than unpacking itself, and a crash of programs cannot
 * lose what the kernel holds; only a crash of the machine can. So a tree is published before it is on the disk, and its
 * meta names the boot it was written in. A child in the background waits for the disk and then turns "synced no" into
 * "synced yes" in place. A reader of another boot that finds "synced no" takes the tree for not there; the next pull
 * replaces it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/changes.h"

struct store {
    int fd; /* the store's folder, -1 when it does not exist yet */
    char *path;
    struct store *node; /* of this machine, for trees; NULL when there is none */
};

struct store_tree {
    int fd;                  /* trees/HEX, O_PATH */
    char *rootfs;            /* host path of the root file system */
    bool site;               /* it is in the site's store */
    bool node;               /* it is in the store of this machine */
    struct store_hold *hold; /* while we have this, nobody removes the tree */
    struct digest artifact;  /* sha256 of the artifact it was unpacked from */
    struct digest tree;      /* sha256 of the index */
    uint64_t entries;        /* lines of the index */
    uint64_t bytes;          /* sum of file sizes */
    struct changes changes;  /* what the unpacker left out or changed */
    bool has_settings;       /* the tree is of an image */
    struct digest settings;  /* then: sha256 of the file of that name */
};

/* Opens the user's store for reading; a store that does not exist is empty, not an error. */
int store_open(struct store *store, struct err *err);
/* Opens it for writing: creates the folders, 0700. */
int store_open_writable(struct store *store, struct err *err);
void store_close(struct store *store);
/* Opens the site's store for reading, when there is one. */
bool store_open_site(struct store *store);
/* Where the user's store is unless SCIWRAP_STORE names another place; NULL without a home. Caller frees. */
char *store_default_path(void);
/* The one that new trees go into: the machine's, or itself. Borrowed. */
const struct store *store_for_trees(const struct store *store);

/* Finds the complete tree of an artifact in the site's store, then in the machine's, then in the user's. 1 found, 0 not
 * there, -1 error. The tree is held until it is released: on a file system of one machine nobody removes it. */
int store_find_tree(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree,
                    struct err *err);
/* The same for a use that lasts, such as a run: nobody removes the tree on network file systems either, and the day of
 * its last use is kept. */
int store_use_tree(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree,
                   struct err *err);
/* store_find_tree in trees/HEX of the folder open at `trees_fd` alone; rootfs stays NULL. */
int store_read_tree(int trees_fd, const struct digest *artifact, struct store_tree *ret_tree, struct err *err);
void store_tree_release(struct store_tree *tree);

/* Text of a meta file to a tree's fields (fd and rootfs stay untouched); -1 unless it is complete and whole. */
int store_meta_parse(const char *text, struct store_tree *ret_tree, struct err *err);
/* The text of a meta file, not synced yet; caller frees. */
char *store_meta_format(const struct store_tree *tree);
/* Whether the tree of this meta (which store_meta_parse accepts) is on the disk, or was written since this machine
 * started and so cannot have been lost. */
bool store_meta_is_durable(const char *text);
/* A meta file ends in "synced no \n" or "synced yes\n": three bytes at this distance from its end. */
enum { STORE_META_SYNCED_FROM_END = 4 };

/* Opens blobs/sha256/HEX for reading in the site's store or the user's; -1 with ERR_NOT_FOUND when absent. */
int store_open_blob(const struct store *store, const struct digest *digest, struct err *err);
