/* SPDX-License-Identifier: BSD-2-Clause
 *
 * runs_job_show: the tasks of a batch job for people and for programs.
 */
#pragma once

#include "commands/runs_job.h"

/* The table and, below it, a line with how far all of it has come. */
int runs_job_show(const struct runs_job *asked, const struct submission *submission, const struct tasks *tasks,
                  struct err *err);

/* While tasks go on: on a terminal one line that is written over, elsewhere a line whenever something has changed. */
struct runs_job_progress {
    char *shown; /* NULL: nothing yet */
};
void runs_job_progress(struct runs_job_progress *progress, const struct tasks *tasks);
void runs_job_progress_end(struct runs_job_progress *progress);
