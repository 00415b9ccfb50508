/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recipe: the meaning of recipes/NAME.ini: how an artifact is made out of pinned packages. Format:
 * docs/man/sciwrap-recipe.5. What the packages resolve to is in recipes/NAME.lock (supply/lockfile.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

/* A pinned tar archive that is merged after the packages. */
struct recipe_archive {
    char *name;
    struct strlist url; /* https://, http://, file:/// or a path; relative ones against the recipe's folder */
    struct digest sha256;
    uint64_t size;
    uint64_t strip; /* leading components to drop; what has no more is left out */
    char *prefix;   /* where the rest goes: "" or a clean path */
};

/* Something the recipe adds itself: a file, a folder or a link. Paths are clean. */
struct recipe_item {
    char *path;
    char *text;    /* content of a file, target of a link; NULL for a folder */
    size_t length; /* of text: a file may hold any byte */
    unsigned mode;
    int line; /* of the recipe, for messages */
};

struct recipe_items {
    struct recipe_item *item;
    size_t count;
    size_t capacity;
};

struct recipe {
    char *name;
    char *path; /* the file, absolute */
    char *description;
    char *suite;
    char *architecture;
    struct strlist pockets;  /* "release", "updates", "security": which parts of the suite packages come from */
    struct strlist packages; /* asked for; their dependencies come with them */
    struct strlist without;  /* never taken, although something depends on them */
    struct strlist exclude;  /* glob(7) patterns of paths that are left out; '*' matches '/' too */
    struct strlist include;  /* patterns of paths that are kept although excluded */
    bool file_lists;         /* dpkg's lists of the files of each package are in the tree */
    struct recipe_archive *archive;
    size_t archives;
    struct recipe_items links;
    struct recipe_items files;
    struct recipe_items folders;
    struct strlist commands; /* lines of words (env/words.h); see supply/build_commands.h */
};

int recipe_parse(struct recipe *recipe, const char *path, const char *bytes, size_t length, struct err *err);
int recipe_load(struct recipe *recipe, const char *path, struct err *err);
/* `name` is a path or a name that is looked up in definition_recipe_folders(). */
int recipe_find(struct recipe *recipe, const char *name, struct err *err);
void recipe_release(struct recipe *recipe);

/* The path of its lock file; caller frees. */
char *recipe_lock_path(const struct recipe *recipe);
/* Digest of all that decides what apt resolves: a lock that was made for other packages is recognised by it. */
void recipe_wants(const struct recipe *recipe, struct digest *ret_digest);
