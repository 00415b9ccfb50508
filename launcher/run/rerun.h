/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rerun: a run whose setup comes out of a manifest, in a work directory of its own, followed by a comparison.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "run/compare.h"
#include "run/manifest.h"

struct rerun {
    const char *cwd;        /* the new record goes into the project of this directory */
    const char *rootfs;     /* of the manifest's environment */
    struct verify *verify;  /* of the same; NULL: nothing is checked; see now.recording.verified */
    struct strlist folders; /* to look for inputs in */
    struct strlist objects; /* folders of objects to look for them in (run/content.h) */
    bool has_level;         /* now.recording.verified.level was asked for */
    bool keep;              /* leave the work directory even when nothing differs */

    struct manifest now; /* the new run, recorded under its own ID */
    struct comparison comparison;
    struct strlist notes; /* lines for people */
    char *kept;           /* host path of the work directory when it was left, else NULL */
};

/* Takes then->setup out of `then`, whose outputs are compared. 0 when the run took place. */
int rerun_perform(struct rerun *rerun, struct manifest *then, struct err *err);
void rerun_release(struct rerun *rerun);
