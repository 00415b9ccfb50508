/* SPDX-License-Identifier: BSD-2-Clause
 *
 * begun: runs that have begun and have no record, because they go on or because something ended their launcher that
 * nobody can hold back: SIGKILL, a lack of memory, a power cut.
 *
 * The folder runs/ID is there from the beginning, and its launcher has a lock on it (flock(2)), which goes with the
 * launcher and with PID 1 of the run, whatever ends them: a folder without a record and without a lock is of a run that
 * is lost. In a job of a batch system, where it is killed far away, `begun.json` tells what was started and where,
 * until the record takes its place:
 *
 *     {"schema": "sciwrap-begun/1", "id": ..., "started": ..., "host": ..., "boot_id": ..., "environment": ...,
 *      "command": [...], "job": {...}}             the last as in a manifest
 *
 * Locks are not seen by other hosts on network file systems: there, a run that another host began, or of which nobody
 * says so, is not known to be lost. No launch looks at any of this, and nothing removes it: that results came of a run
 * that nobody recorded stays known until somebody removes the folder.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/job.h"
#include "run/project.h"
#include "run/setup.h"

#define BEGUN_SCHEMA "sciwrap-begun/1"
#define BEGUN_NAME   "begun.json"

/* In the launcher. */
struct begun {
    int fd; /* of runs/ID, locked; -1: none */
    bool noted;
};

/* Makes runs/ID and locks it; in a job, notes what is to run. `ret_id` as of project_new_run(). */
int begun_start(struct begun *begun, const struct project *project, const struct setup *setup, const struct job *job,
                char *ret_id, struct err *err);
/* The record, whole or not at all; in its place before the note goes. Once more writes it anew. */
int begun_record(struct begun *begun, const char *manifest, struct err *err);
/* Nothing was started: the folder goes, unless something else is in it. */
void begun_drop(struct begun *begun, const struct project *project, const char *id);
void begun_close(struct begun *begun);

enum begun_state {
    BEGUN_GOES_ON,   /* or has just ended */
    BEGUN_LOST,      /* nothing of it is left that could write a record */
    BEGUN_ELSEWHERE, /* one of both: on another host, or where locks are not known */
};

/* One that has no record, for those who list them. */
struct begun_run {
    enum begun_state state;
    char *started; /* RFC 3339, at least of the folder */
    char *host;    /* NULL: not known, as the environment, and the command is empty */
    char *environment;
    struct strlist command;
    struct job job;
};

void begun_look(struct begun_run *ret_run, const struct project *project, const char *id);
void begun_run_release(struct begun_run *run);
