/* SPDX-License-Identifier: BSD-2-Clause
 *
 * project: the folder `.sciwrap` that holds the records of runs: the nearest one upwards from the work directory, else
 * a new one in it.
 *
 *     .sciwrap/runs/ID/manifest.json     ID: 12 lower-case hexadecimal digits
 *     .sciwrap/runs/ID/begun.json        before that, in a batch job (run/begun.h)
 *     .sciwrap/runs/ID/work              of a rerun: its work directory
 *     .sciwrap/catalog                   a cache (run/catalog.h)
 *
 * A manifest is written under another name and then renamed: whoever reads sees it whole or not at all, whatever is
 * killed and whenever. Any number of runs may end in one project at once, since each writes only in its own folder.
 *
 * After a power cut. Nothing waits for the disk: a sync takes milliseconds, as much as a whole launch, and on a busy
 * disk seconds; what a cut costs is the record of runs that ended within the last half minute, whose outputs nobody
 * synced either. What it must not cost is a half record that passes for a whole one. File systems that show in a file
 * only what was written to it (ext4 as it is mounted by default, XFS, btrfs, f2fs, NFS) can bring a new name back with
 * less than that: empty, cut off, or with zeros where blocks are missing. A manifest is one JSON object, so its last
 * byte that counts is the brace that closes the first: no beginning of it is JSON, and a NUL is none anywhere. So a
 * record that is not whole JSON is torn, and every command takes it for not there and says so once. Not covered are
 * file systems that can show old blocks of other files (ext4 with data=writeback, vfat).
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

enum { RUN_ID_LENGTH = 12, RUN_ID_SHORTEST = 4 };

/* 64 MiB: a run with 200,000 outputs has 50. Beyond it the file is wrong, not big. */
enum { MANIFEST_MOST = 64 * 1024 * 1024 };

#define MANIFEST_NAME "manifest.json"

/* What is said of torn records: their IDs, and ", ..." when there are more. */
#define PROJECT_TORN "records that are torn, as after a power cut, are taken for not there: %s%s"

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
/* Whether `text` is a full ID. */
bool project_is_id(const char *text);
/* A full or shortened ID to the full one of a run that has a record; ERR_NOT_FOUND, or ERR_USAGE with the matches when
 * there are several. A torn record is told of (log_warn) and taken for not there. Caller frees; NULL on error. */
char *project_resolve(const struct project *project, const char *text, struct err *err);
/* Path of runs/ID/NAME; caller frees. */
char *project_run_path(const struct project *project, const char *id, const char *name);
