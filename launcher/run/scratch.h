/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scratch: the private folders of one run on the host's disk: /tmp, /var/tmp and the home directory inside, and the
 * layer of --writable. Scientific tools sort tens of gigabytes there, so they are on disk, under $SCIWRAP_TMPDIR,
 * $TMPDIR or /tmp:
 *
 *     BASE/sciwrap-UID/run.RANDOM/{tmp,vartmp,home,upper,work}
 *
 * What a run leaves in them is removed at its end. Folders that are as good as new then (most runs touch none) are
 * kept, empty, as idle.RANDOM for the next run: ext4 will not give the inode of a directory away again for a minute and
 * more and looks each one over, so that making and removing four of them in every launch soon costs more than the
 * launch.
 *
 * A lock on run.RANDOM says that its run is alive; what nobody holds a lock on was left by a crash and is removed by
 * the next start. The lock is on a local file system in every sensible set-up; where it is not kept, nothing is removed
 * that the lock did not give.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct scratch {
    int parent_fd; /* BASE/sciwrap-UID */
    int fd;        /* run.RANDOM, open and locked while it is in use */
    char *name;    /* "run.RANDOM" */
    char *path;    /* absolute, without links */
    bool crowded;  /* enough idle folders are there already */
};

/* $SCIWRAP_TMPDIR, $TMPDIR or /tmp, absolute; caller frees. */
char *scratch_base(void);

/* Of scratch->path: the folder that holds those of all runs of this user; caller frees. */
char *scratch_parent(const char *path);

/* Call scratch_close() after success and after failure; {.parent_fd = -1, .fd = -1} before it is empty. */
int scratch_open(struct scratch *scratch, bool with_layer, struct err *err);
/* Removes what the run has left. A failure is told with log_warn: the result of the run does not depend on it. */
void scratch_close(struct scratch *scratch);
