/* SPDX-License-Identifier: BSD-2-Clause
 *
 * runs_job: `sciwrap runs --job JOB`: the tasks of a batch job as a table.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "commands/tasks.h"
#include "run/project.h"

struct runs_job {
    const char *word; /* JOB, JOB_TASK or the ID of a submission */
    bool json;
    bool follow; /* until every task has ended */
};

/* *exit_code is 1 when `follow` was asked and a task did not end well. */
int runs_job(const struct runs_job *asked, const struct project *project, int *exit_code, struct err *err);

/* What `word` names: the tasks of a submission, or the runs of another job. With JOB_TASK only that one is kept.
 * *submission is empty (folder NULL) when sciwrap submitted nothing of the kind. Both are the caller's to release. */
int runs_job_gather(const char *word, const struct project *project, struct submission *submission, struct tasks *tasks,
                    struct err *err);
