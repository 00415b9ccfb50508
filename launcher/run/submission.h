/* SPDX-License-Identifier: BSD-2-Clause
 *
 * submission: what was handed to a batch system, kept beside the records of the runs that come of it.
 *
 *     .sciwrap/submissions/ID/submission.json    what is to run: written once, before anything is handed over
 *                             sweep/NAME         the table as it was, which the tasks read
 *                             N.sh, N.prepare.sh the N-th batch script, and that of the job that it waits for
 *                             N.json             its job, and which tasks are in it: written when the job has a number
 *
 * A task belongs to the last job that has its number: failed ones are handed over again, alone. The tasks need
 * submission.json and the table; N.json is for those who look at them later.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/project.h"
#include "run/sweep.h"
#include "run/task_set.h"

#define SUBMISSION_SCHEMA "sciwrap-submission/1"

enum { SUBMISSION_OFFSET_MOST = TASK_MOST };

struct submission_environment {
    char *name;
    struct digest artifact; /* that its definition pinned */
};

struct submission_job {
    uint64_t number; /* N */
    char *id;        /* as the batch system numbers it */
    char *prepare;   /* the job that it waits for; NULL: none */
    struct task_set tasks;
    uint64_t offset; /* task number less index in the array */
};

struct submission {
    char id[RUN_ID_LENGTH + 1];
    char *folder;           /* absolute */
    char *created;          /* RFC 3339 */
    struct strlist command; /* "run", options, ENV, arguments, not filled */
    struct strlist options; /* of sbatch, one a word */
    bool is_array;
    uint64_t at_once; /* tasks, 0: no limit */
    char *prepare;    /* how the environments are brought: "job", "here", "sbcast", "no" */
    bool as_step;     /* started by srun */
    struct task_set tasks;
    char *table; /* name of the file in sweep/; NULL: none */
    struct digest digest;
    struct submission_environment *environment;
    size_t environments;
    struct submission_job *job; /* by number */
    size_t jobs;
};

void submission_release(struct submission *submission);
struct submission_environment *submission_add_environment(struct submission *submission, const char *name,
                                                          const struct digest *artifact);

/* Makes the folder with a new ID, and writes submission.json and `table` (of submission->table) into it. */
int submission_create(struct submission *submission, const struct project *project, const struct buf *table,
                      struct err *err);
/* Of `id`, which must be a full one. ERR_NOT_FOUND when there is none. */
int submission_load(struct submission *submission, const struct project *project, const char *id, struct err *err);
/* By the ID of the submission or the number of one of its jobs. */
int submission_find(struct submission *submission, const struct project *project, const char *word, struct err *err);
/* The next job: path of a file of it ("sh", "prepare.sh", "json"); caller frees. */
char *submission_job_path(const struct submission *submission, uint64_t number, const char *kind);
int submission_write(const char *path, mode_t mode, const struct buf *text, struct err *err);
/* Takes the job over, and writes it down. */
int submission_put_job(struct submission *submission, struct submission_job *job, struct err *err);
/* The job that has the task now; NULL: none. */
const struct submission_job *submission_job_of(const struct submission *submission, uint64_t task);
/* Reads the table and holds it against its digest. */
int submission_load_table(const struct submission *submission, struct sweep *sweep, struct err *err);
char *submission_table_path(const struct submission *submission); /* NULL without one; caller frees */
/* Nothing was handed over: the folder goes. */
void submission_remove(const struct submission *submission);
