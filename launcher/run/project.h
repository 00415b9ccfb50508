/* SPDX-License-Identifier: BSD-2-Clause
 *
 * project: the folder `.sciwrap` that holds the records of runs: the nearest one upwards from the work directory, else
 * a new one in it.
 *
 *     .sciwrap/runs/ID/manifest.json     ID: 12 lower-case hexadecimal digits
 *     .sciwrap/runs/ID/work              of a rerun: its work directory
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"

enum { RUN_ID_LENGTH = 12, RUN_ID_SHORTEST = 4 };

/* 64 MiB: a run with 200,000 outputs has 50. Beyond it the file is wrong, not big. */
enum { MANIFEST_MOST = 64 * 1024 * 1024 };

#define MANIFEST_NAME "manifest.json"

struct project {
    char *path;  /* host path of .sciwrap */
    int runs_fd; /* .sciwrap/runs, -1 when there is none */
};

/* Finds the project of `workdir`. 1 found, 0 there is none (nothing is made). */
int project_find(struct project *project, const char *workdir);
/* Finds it or makes it. */
int project_open(struct project *project, const char *workdir, struct err *err);
void project_close(struct project *project);

/* Makes runs/ID with a new ID; `ret_id` has RUN_ID_LENGTH + 1 bytes. */
int project_new_run(const struct project *project, char *ret_id, struct err *err);
/* The IDs of the runs that have a manifest, sorted. */
int project_list(const struct project *project, struct strlist *ret_ids, struct err *err);
/* A full or shortened ID to the full one; ERR_NOT_FOUND, or ERR_USAGE with the matches when there are several. Caller
 * frees; NULL on error. */
char *project_resolve(const struct project *project, const char *text, struct err *err);
/* Path of runs/ID/NAME; caller frees. */
char *project_run_path(const struct project *project, const char *id, const char *name);
