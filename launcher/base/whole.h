/* SPDX-License-Identifier: BSD-2-Clause
 *
 * whole: a file of any size that appears under its name whole or not at all. What is killed while it writes leaves
 * nothing behind where the file system has files without a name (open(2), O_TMPFILE), else a file with a leading dot.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct whole {
    int fd;        /* to write to; -1 when there is none */
    int folder_fd; /* where it is going to be */
    char *path;    /* as the caller named it, for messages */
    char *name;    /* its last component */
    char *private; /* the name that it has meanwhile, NULL while it has none */
    bool keep;     /* set by the caller: a file that is there at the end stays, and committing fails with ERR_USAGE */
};

/* Begins the file `path`; the creation mask is subtracted from `mode`. Refuses (ERR_USAGE) a path at which there is
 * something else than a regular file: it would be replaced. */
int whole_begin(struct whole *whole, const char *path, mode_t mode, struct err *err);
/* Synced to disk, then renamed to its place, in the place of what was there (unless `keep`). Ends it, after failure
 * too. */
int whole_commit(struct whole *whole, struct err *err);
/* A no-op for one that has ended. */
void whole_abandon(struct whole *whole);
