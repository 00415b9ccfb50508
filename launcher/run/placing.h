/* SPDX-License-Identifier: BSD-2-Clause
 *
 * placing: the inputs of a rerun: found on this host, checked by digest, and put where the command expects them.
 *
 * In the work directory they are copies (sharing their blocks where the file system can), so that a rerun which edits
 * its input spoils nothing. Elsewhere inside, each file is bound read-only by itself: a rerun gets only what the
 * manifest names. A folder that the first run could write to is an empty folder of the rerun.
 *
 * A manifest from elsewhere may name a link of its own making and a file "beneath" it. So directories and files are
 * made first, and links last of all: nothing is ever written through one.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "run/manifest.h"

struct placing {
    struct strlist folders; /* borrowed, as the next: host folders to look for inputs in, besides where they were */
    struct strlist objects; /* folders of objects to look for them in (run/content.h) */
    const struct file_list *outputs; /* of the run, borrowed: an input that it moved is where they say */
    const char *run_folder;          /* runs/ID of the rerun, where `work` and the writable folders are made */
    const char *workdir;             /* run_folder/work */
    struct strlist notes;            /* lines for people */
};

/* Looks for every input of `manifest` and sets its `host`; nothing is made yet. ERR_NOT_FOUND or ERR_MISMATCH names
 * the first that is not there as it was. An input that the run itself rewrote may be absent: it is taken off the list,
 * with a note. */
int placing_find(struct placing *placing, struct manifest *manifest, struct err *err);

/* Makes the folders, copies what belongs into the work directory, and replaces manifest->setup.binds by those of the
 * rerun. */
int placing_make(struct placing *placing, struct manifest *manifest, struct err *err);

/* The host path of `path` (as in a manifest) for this rerun: in the work directory or a writable folder; NULL when it
 * is in neither. Caller frees. */
char *placing_path(const struct placing *placing, const struct setup *setup, const char *path);
/* Opens it there, beneath that folder and through no link in any component (fs_open_beneath). errno is set when -1. */
int placing_open(const struct placing *placing, const struct setup *setup, const char *path, int flags, mode_t mode);
