/* SPDX-License-Identifier: BSD-2-Clause
 * runs_job: the tasks of a batch job: which they are, and what came of them. */
#include "commands/runs_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "commands/runs_job_show.h"

/* Cuts "_7" off; false when there is none. */
static bool take_number(char *word, uint64_t *ret_number)
{
    char *bar = strchr(word, '_');
    if (bar == NULL || !text_to_u64(bar + 1, 0, TASK_MOST, ret_number)) {
        return false;
    }
    *bar = '\0';
    return true;
}

/* Index of Slurm to the number of the task: they differ in the second and later arrays of a large sweep. */
static uint64_t task_of(const struct submission *submission, const char *job, uint64_t index)
{
    for (size_t i = 0; i < submission->jobs; i++) {
        if (strcmp(submission->job[i].id, job) == 0) {
            return index + submission->job[i].offset;
        }
    }
    return index;
}

static int keep_one(struct tasks *tasks, uint64_t number, const char *word, struct err *err)
{
    size_t kept = 0;
    memset(tasks->counts, 0, sizeof(tasks->counts));
    for (size_t i = 0; i < tasks->count; i++) {
        if (tasks->task[i].number == number) {
            tasks->task[kept++] = tasks->task[i];
            tasks->counts[tasks->task[i].state]++;
        } else {
            free(tasks->task[i].reason);
            free(tasks->task[i].job);
        }
    }
    tasks->count = kept;
    return kept > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "there is no task '%s'", word);
}

int runs_job_gather(const char *word, const struct project *project, struct submission *submission, struct tasks *tasks,
                    struct err *err)
{
    uint64_t index = 0;
    struct err absent = {0};
    auto_free char *job = xstrdup(word);
    bool one = take_number(job, &index);
    if (strlen(job) == 0 || strspn(job, "0123456789abcdef") != strlen(job)) {
        return err_set(err, ERR_USAGE,
                       "--job '%s': expected the number of a job, as 17 or 17_3, or the ID of a submission", word);
    }
    int result;
    if (submission_find(submission, project, job, &absent) == 0) {
        index = task_of(submission, job, index);
        result = tasks_gather(tasks, project, submission, err);
    } else if (absent.kind != ERR_NOT_FOUND) {
        *err = absent;
        result = -1;
    } else {
        result = tasks_gather_job(tasks, project, job, err);
    }
    return result == 0 && one ? keep_one(tasks, index, word, err) : result;
}

static bool goes_on(const struct tasks *tasks)
{
    return tasks->counts[TASK_RUNNING] + tasks->counts[TASK_WAITING] > 0;
}

static int show_once(const struct runs_job *asked, const struct project *project, int *exit_code, bool *again,
                     struct runs_job_progress *progress, struct err *err)
{
    struct submission submission = {0};
    struct tasks tasks = {0};
    int result = runs_job_gather(asked->word, project, &submission, &tasks, err);
    *again = result == 0 && asked->follow && goes_on(&tasks);
    if (*again) {
        runs_job_progress(progress, &tasks);
    } else if (result == 0) {
        runs_job_progress_end(progress);
        result = runs_job_show(asked, &submission, &tasks, err);
        *exit_code = asked->follow && tasks.counts[TASK_DONE] < tasks.count;
    }
    tasks_release(&tasks);
    submission_release(&submission);
    return result;
}

int runs_job(const struct runs_job *asked, const struct project *project, int *exit_code, struct err *err)
{
    enum { WAIT_S = 2 }; /* the controller of a cluster is asked by all of its users */
    bool again = true;
    struct runs_job_progress progress = {0};
    while (again) {
        if (show_once(asked, project, exit_code, &again, &progress, err) < 0) {
            runs_job_progress_end(&progress);
            return -1;
        }
        if (again) {
            sleep(WAIT_S);
        }
    }
    return 0;
}
