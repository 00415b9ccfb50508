/* SPDX-License-Identifier: BSD-2-Clause
 *
 * manifest: the record of a run. Format: docs/man/sciwrap-manifest.5, docs/manifest.schema.json.
 *
 * `experiment` defines the run and is what a rerun is made from and compared by; `circumstances` merely happened;
 * `leaks` lists what could not be pinned.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "run/circumstances.h"
#include "base/doc.h"
#include "run/file_list.h"
#include "run/join_doc.h"
#include "run/processes.h"
#include "run/programs.h"
#include "run/project.h"
#include "run/recording.h"
#include "run/setup.h"
#include "run/streams.h"

#define MANIFEST_SCHEMA "sciwrap-manifest/1"

struct manifest_exit {
    int code;    /* as the shell saw it */
    int signal;  /* 0 when the command ended by itself */
    char *error; /* why the command did not start, else NULL */
};

struct comparison;

struct manifest {
    char id[RUN_ID_LENGTH + 1];
    char *rerun_of; /* ID of the run that this one repeats, or NULL */
    struct setup setup;
    struct stream stream[STREAMS];
    struct file_list inputs;
    struct file_list outputs;
    struct manifest_exit exit;
    struct program_list programs;
    struct join_record step;    /* the ranks, of a run that had some; no entry: it is none */
    struct processes processes; /* not read back */
    struct strlist addresses;   /* that were connected to */
    struct recording recording;
    struct circumstances circumstances;
    const struct comparison *comparison; /* of a rerun, borrowed: written, not read back; else NULL */
    char *started;                       /* read back: RFC 3339 */
    uint64_t elapsed_ns;
};

void manifest_release(struct manifest *manifest);

/* The text of the file; caller frees. */
char *manifest_format(const struct manifest *manifest);
/* What a dry run prints: the experiment as far as it is known before, and the plan. Caller frees. */
char *manifest_format_plan(const struct setup *setup, const struct plan *plan);

/* Text to manifest; `name` is for messages. Of the circumstances only the work directory, times and the places of
 * inputs and outputs come back. ERR_INVALID when it is damaged, not a manifest, or of a newer schema. */
int manifest_parse(struct manifest *manifest, const char *name, const char *bytes, size_t length, struct err *err);
int manifest_load(struct manifest *manifest, const char *path, struct err *err);
