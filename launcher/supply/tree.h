/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tree: the files of an artifact while it is put together: names in memory, contents in one spool file. Nothing is
 * unpacked to a directory, so neither the caller's rights nor the host's file system can show in the result.
 *
 * Paths are resolved in the tree: a component that is a symbolic link (bin -> usr/bin) is followed to where it leads in
 * the tree, an absolute target from the tree's own root. A path that would leave the root is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

enum tree_type { TREE_FOLDER, TREE_FILE, TREE_LINK };

/* Bytes in the spool. Names that are hard links of one file share it. */
struct tree_content {
    uint64_t offset;
    uint64_t size;
    struct digest digest;
    const char *written; /* for the writer: path of the first name that was written */
};

struct tree_node {
    char *name;
    enum tree_type type;
    unsigned mode; /* permissions and the sticky bit */
    int64_t mtime;
    struct tree_content *content; /* of a file; owned by the tree */
    char *target;                 /* of a link */
    const char *from;             /* which package it came from; borrowed */
    bool implied;                 /* a folder that only its content asked for */
    struct tree_node *parent;     /* NULL for the root */
    struct tree_node **child;     /* sorted by name */
    size_t children;
    size_t capacity;
};

struct tree {
    struct tree_node *root;
    struct tree_content **content;
    size_t contents;
    size_t capacity;
};

/* What is to be put where. */
struct tree_entry {
    const char *path; /* clean; "" for the root */
    enum tree_type type;
    unsigned mode;
    int64_t mtime;
    struct tree_content content; /* of a file */
    const char *target;          /* of a link; of a hard link, its path in the tree */
    bool hard;                   /* type TREE_FILE: another name of `target` */
    const char *from;            /* borrowed for the life of the tree */
};

void tree_init(struct tree *tree, int64_t mtime);
void tree_release(struct tree *tree);

/* Adds an entry, and the folders above it. The same entry twice is one; a folder that is there keeps its attributes;
 * any other meeting is ERR_INVALID and names both origins. */
int tree_add(struct tree *tree, const struct tree_entry *entry, struct err *err);
/* The node at `path`, links in all but the last component followed; NULL when there is none. */
struct tree_node *tree_find(const struct tree *tree, const char *path);

/* Calls `visit` for every node but the root, in the byte order of the paths; stops at the first -1. */
int tree_each(const struct tree *tree,
              int (*visit)(void *user, const char *path, struct tree_node *node, struct err *err), void *user,
              struct err *err);
