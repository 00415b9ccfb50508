/* SPDX-License-Identifier: BSD-2-Clause
 *
 * submit_script: the text of the batch scripts of a submission, for sbatch(1) and for people.
 *
 * No value of a table and no word of a person is a part of what the shell reads: words stand in quotes, `{name}` is
 * filled by the task (commands/submit_task.c). All options stand in the script as well, so that `sbatch N.sh` by hand
 * does the same.
 */
#pragma once

#include "base/buf.h"
#include "run/submission.h"

struct submit_script {
    const struct submission *submission;
    uint64_t number;              /* of the job in the submission */
    const struct task_set *tasks; /* of this job */
    uint64_t offset;              /* task number less index in the array */
    const char *workdir;
    const char *self;    /* path of this program */
    const char *prepare; /* the job that it waits for; NULL: none */
};

/* Appends the options of sbatch, one a word; *text is the script with the same ones. */
void submit_script_job(const struct submit_script *script, struct strlist *options, struct buf *text);
/* Of the job that brings the environments. */
void submit_script_prepare(const struct submit_script *script, struct strlist *options, struct buf *text);
