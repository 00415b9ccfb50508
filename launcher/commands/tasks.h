/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tasks: what became of the tasks of a batch job: from the records of their runs, and, where there is none yet, from
 * the batch system.
 *
 * Slurm is asked once for all tasks (squeue, which tells of finished jobs for some minutes, then sacct where accounting
 * is kept). A record goes before what Slurm says of the same job: it tells how the command ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "run/catalog.h"
#include "run/submission.h"

enum task_state {
    TASK_DONE,   /* there is a record, with exit status 0 */
    TASK_FAILED, /* there is a record, with another */
    TASK_RUNNING,
    TASK_WAITING,
    TASK_LOST,    /* it is over and left no record; the reason is what Slurm says of it */
    TASK_UNKNOWN, /* there is no record, and nobody can be asked */
};
enum { TASK_STATES = TASK_UNKNOWN + 1 };

struct task {
    uint64_t number;
    enum task_state state;
    char *reason;                  /* "cancelled", "timeout"; NULL */
    char *job;                     /* that has it; NULL: none has been given it */
    const struct catalog_run *run; /* its record; NULL: none */
};

struct tasks {
    struct task *task; /* by number, and by the start of its run */
    size_t count;
    size_t capacity;
    size_t counts[TASK_STATES];
    bool slurm;          /* it could be asked */
    char *prepare;       /* the job that the last ones wait for; NULL */
    char *prepare_state; /* what became of it, in small letters; NULL: nothing bad is known */
    struct catalog catalog;
};

/* The tasks of a submission, each with the record of the job that has it now. */
int tasks_gather(struct tasks *tasks, const struct project *project, const struct submission *submission,
                 struct err *err);
/* Those of a job that this program did not submit: every record that names it. */
int tasks_gather_job(struct tasks *tasks, const struct project *project, const char *job, struct err *err);
void tasks_release(struct tasks *tasks);

/* "done", "failed", "running", "waiting", "lost", "unknown". */
const char *task_state_name(enum task_state state);
