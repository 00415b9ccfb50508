/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rerun: a run whose setup comes out of a manifest, in a work directory of its own, followed by a comparison.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "run/begun.h"
#include "run/compare.h"
#include "run/manifest.h"

struct rerun {
    const char *cwd;                   /* the new record goes into the project of this directory */
    const char *rootfs;                /* of the manifest's environment */
    struct verify *verify;             /* of the same; NULL: nothing is checked; see now.recording.verified */
    const struct strlist *folders;     /* to look for inputs in; borrowed, as the next three */
    const struct strlist *objects;     /* folders of objects to look for contents in (run/content.h) */
    const struct strlist *cdi_folders; /* more folders of specifications of devices, or NULL; borrowed */
    struct verdict_rules *rules;
    const struct doc *then_doc; /* the manifest as a document, for what is different before the start */
    bool keep;                  /* leave the work directory even when nothing differs */

    struct begun begun;
    struct manifest now; /* the new run, recorded under its own ID */
    struct comparison comparison;
    struct strlist notes; /* lines for people */
    char *kept;           /* host path of the work directory when it was left, else NULL */
};

/* Takes then->setup out of `then`, whose outputs are compared. 0 when the run took place. The record is written when it
 * has ended, and once more with the comparison: that can take long, and who breaks it off still has the record. */
int rerun_perform(struct rerun *rerun, struct manifest *then, struct err *err);
void rerun_release(struct rerun *rerun);
