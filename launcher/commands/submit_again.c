/* SPDX-License-Identifier: BSD-2-Clause
 * submit_again: the tasks of a submission that failed or were lost, once more and alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "commands/slurm_call.h"
#include "commands/submit.h"
#include "commands/tasks.h"

static int refuse_words(const struct submit_words *words, struct err *err)
{
    if (words->has_run || words->sweep != NULL || words->as_step) {
        return err_set(err, ERR_USAGE,
                       "submit --again: what runs is what was submitted; a changed experiment is a new submission");
    }
    return 0;
}

/* --array chooses among the tasks of the submission, those that are done too. */
static int choose_named(const struct submission *submission, const char *list, struct task_set *chosen, struct err *err)
{
    if (!task_set_parse(chosen, list)) {
        return err_set(err, ERR_USAGE, "--array '%s': with --again, a list of task numbers is expected: 7 or 3,8-10",
                       list);
    }
    for (size_t i = 0; i < chosen->count; i++) {
        if (!task_set_has(&submission->tasks, chosen->task[i])) {
            return err_set(err, ERR_USAGE, "--array '%s': there is no task %u in this submission", list,
                           chosen->task[i]);
        }
    }
    return 0;
}

static int choose_failed(const struct tasks *tasks, const char *job, struct task_set *chosen, struct err *err)
{
    for (size_t i = 0; i < tasks->count; i++) {
        enum task_state state = tasks->task[i].state;
        if (state == TASK_FAILED || state == TASK_LOST) {
            task_set_add(chosen, (uint32_t)tasks->task[i].number);
        }
    }
    if (tasks->counts[TASK_UNKNOWN] > 0) {
        log_warn(
            "of %zu tasks without a record nobody can say whether they still run; name them with --array to submit "
            "them again",
            tasks->counts[TASK_UNKNOWN]);
    }
    if (chosen->count == 0) {
        return err_set(err, ERR_NOT_FOUND, "no task of job %s failed: %zu done, %zu running, %zu waiting", job,
                       tasks->counts[TASK_DONE], tasks->counts[TASK_RUNNING], tasks->counts[TASK_WAITING]);
    }
    return 0;
}

static int check_pins(const struct submission *submission, struct err *err)
{
    for (size_t i = 0; i < submission->environments; i++) {
        if (submit_check_pin(submission, submission->environment[i].name, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* New options of sbatch come behind the old ones, and the last one holds. */
static int change_options(struct submission *submission, const struct submit_words *words, struct err *err)
{
    for (size_t i = 0; i < words->sbatch.count; i++) {
        strlist_add(&submission->options, words->sbatch.item[i]);
    }
    if (words->prepare != NULL && submit_prepare(submission, words->prepare, err) < 0) {
        return -1;
    }
    return words->at_once != NULL ? submit_at_once(words->at_once, &submission->at_once, err) : 0;
}

static int choose(const struct submit_words *words, const struct project *project, const struct submission *submission,
                  struct task_set *chosen, struct err *err)
{
    struct tasks tasks = {0};
    if (words->array != NULL) {
        return choose_named(submission, words->array, chosen, err);
    }
    int result = tasks_gather(&tasks, project, submission, err);
    if (result == 0) {
        result = choose_failed(&tasks, words->again, chosen, err);
    }
    tasks_release(&tasks);
    return result;
}

int submit_again(const struct submit_words *words, struct err *err)
{
    struct project project = {.runs_fd = -1};
    struct submission submission = {0};
    struct task_set chosen = {0};
    auto_free char *cwd = fs_current_dir();
    if (refuse_words(words, err) < 0) {
        return -1;
    }
    if (cwd == NULL || project_find(&project, cwd) == 0) {
        return err_set(err, ERR_NOT_FOUND, "nothing was submitted from here; go where job %s was", words->again);
    }
    if (!words->dry_run && !slurm_has("sbatch")) {
        project_close(&project);
        return err_set(err, ERR_HOST, "there is no sbatch in PATH: submit hands its jobs to Slurm");
    }
    int result = submission_find(&submission, &project, words->again, err);
    if (result == 0) {
        result = submit_check_sbatch(&submission.options, err) < 0 || check_pins(&submission, err) < 0 ||
                         change_options(&submission, words, err) < 0 ||
                         choose(words, &project, &submission, &chosen, err) < 0 ||
                         submit_hand_over(&submission, &chosen, words->dry_run, err) < 0
                     ? -1
                     : 0;
    }
    task_set_release(&chosen);
    submission_release(&submission);
    project_close(&project);
    return result;
}
