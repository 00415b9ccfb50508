/* SPDX-License-Identifier: BSD-2-Clause
 *
 * records: finding the record that a person means: by the ID of a run, or a file that is a manifest or a bundle.
 */
#pragma once

#include "base/err.h"
#include "base/private.h"
#include "publish/bundle_open.h"

/* `word` is a file when it has a '/' in it, ends in ".json" or ".sciwrap" or is a bundle by its content, else the ID of
 * a run of this project. The path of the manifest; caller frees. NULL on error. For bundles: record_open(). */
char *records_find(const char *word, struct err *err);

enum record_use {
    RECORD_LOOK,  /* only the manifest is needed */
    RECORD_WHOLE, /* the contents too */
    RECORD_RERUN, /* the same, below the .sciwrap of the current directory, which is made if there is none */
};

struct record {
    char *path; /* of the manifest */
    /* Only when it came out of a bundle: */
    char *bundle; /* as the person named it; NULL: it did not */
    struct bundle_contents contents;
    struct private_folder folder;
};

/* What was unpacked of a bundle is gone after record_close(), to be called after success and failure. */
int record_open(struct record *record, const char *word, enum record_use use, struct err *err);
void record_close(struct record *record);

/* The folder of the experiment that a manifest belongs to: above .sciwrap, or where the file lies. Caller frees. */
char *records_folder(const char *cwd, const char *manifest_path);
