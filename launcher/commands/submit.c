/* SPDX-License-Identifier: BSD-2-Clause
 * submit: runs as jobs of a batch system, one or a whole array. */
#include "commands/submit.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strset.h"
#include "base/text.h"
#include "commands/slurm_call.h"
#include "env/definition.h"
#include "run/circumstances.h"
#include "run/setup.h"

/* What is to become a submission. */
struct request {
    struct submit_words words;
    char *cwd;
    struct buf table;
    struct sweep sweep;
    size_t env; /* where in words.run it is */
    struct project project;
    struct submission submission;
};

int submit_at_once(const char *text, uint64_t *ret_count, struct err *err)
{
    return text_to_u64(text, 1, TASK_MOST, ret_count)
               ? 0
               : err_set(err, ERR_USAGE, "--at-once '%s': a number from 1 to %d is needed", text, TASK_MOST);
}

/* The set of --array: "200" is 1 to 200. */
static int read_tasks(const char *text, struct task_set *ret_tasks, struct err *err)
{
    uint64_t count = 0;
    if (strchr(text, '%') != NULL) {
        return err_set(err, ERR_USAGE, "--array '%s': how many run at a time is said with --at-once", text);
    }
    if (text_to_u64(text, 1, TASK_MOST, &count)) {
        task_set_add_range(ret_tasks, 1, (uint32_t)count);
        return 0;
    }
    return task_set_parse(ret_tasks, text)
               ? 0
               : err_set(err, ERR_USAGE,
                         "--array '%s': expected how many tasks there are to be, or a list such as 0-9,20,30-40:2",
                         text);
}

int submit_fill(const struct strlist *run, const struct sweep *sweep, uint64_t task, size_t env,
                struct strlist *ret_filled, struct err *err)
{
    size_t now = 0;
    sweep_fill(sweep, task, run, ret_filled);
    for (size_t i = 1; i <= env; i++) {
        if (ret_filled->item[i][0] == '-' && run->item[i][0] != '-') {
            return err_set(err, ERR_USAGE, "task %llu: a value of its row makes the option '%s' out of '%s'",
                           (unsigned long long)task, ret_filled->item[i], run->item[i]);
        }
    }
    if (submit_find_env(ret_filled, &now, err) < 0) {
        return -1;
    }
    assert(now == env); /* no word has become an option, and options have kept their names */
    return 0;
}

static int read_table(struct request *request, struct err *err)
{
    struct submission *submission = &request->submission;
    const char *path = request->words.sweep;
    if (path == NULL) {
        return 0;
    }
    if (fs_read_path(path, SWEEP_MOST, &request->table, err) < 0 ||
        sweep_parse(&request->sweep, path, buf_text(&request->table), request->table.length, err) < 0) {
        return -1;
    }
    submission->table = xstrdup(path_base(path));
    digest_bytes(buf_text(&request->table), request->table.length, &submission->digest);
    return 0;
}

/* Which tasks there are: rows, those of --array, or the only one. */
static int choose_tasks(struct request *request, struct err *err)
{
    struct submission *submission = &request->submission;
    const struct submit_words *words = &request->words;
    submission->is_array = words->array != NULL || words->sweep != NULL;
    if (words->at_once != NULL && submit_at_once(words->at_once, &submission->at_once, err) < 0) {
        return -1;
    }
    if (words->array != NULL) {
        if (read_tasks(words->array, &submission->tasks, err) < 0) {
            return -1;
        }
    } else {
        task_set_add_range(&submission->tasks, 1, words->sweep != NULL ? (uint32_t)request->sweep.rows : 1);
    }
    const struct task_set *tasks = &submission->tasks;
    if (words->sweep != NULL && (tasks->task[0] < 1 || tasks->task[tasks->count - 1] > request->sweep.rows)) {
        return err_set(err, ERR_USAGE, "--array '%s': '%s' has the rows 1 to %zu", words->array, words->sweep,
                       request->sweep.rows);
    }
    return 0;
}

int submit_prepare(struct submission *submission, const char *text, struct err *err)
{
    static const char *const known[] = {"job", "here", "sbcast", "no", NULL};
    for (size_t i = 0; known[i] != NULL; i++) {
        if (strcmp(text, known[i]) == 0) {
            free(submission->prepare);
            submission->prepare = xstrdup(text);
            return 0;
        }
    }
    return err_set(err, ERR_USAGE, "--prepare '%s': expected job, here, sbcast or no", text);
}

/* Every environment that a task names is looked up once, and its pin noted. */
static int find_environment(struct submission *submission, const char *name, struct strset *seen, struct err *err)
{
    if (!strset_add(seen, name)) {
        return 0;
    }
    struct definition def = {0};
    if (definition_find(&def, name, err) < 0) {
        return -1;
    }
    submission_add_environment(submission, name, &def.sha256);
    definition_release(&def);
    return 0;
}

/* All tasks are filled before any is handed over: what is wrong with row 700 is told now. */
static int check_tasks(struct request *request, struct err *err)
{
    struct submission *submission = &request->submission;
    const struct sweep *sweep = request->words.sweep != NULL ? &request->sweep : NULL;
    struct strset seen = {0};
    int result = sweep_check(sweep, &request->words.run, err);
    for (size_t i = 0; i < submission->tasks.count && result == 0; i++) {
        struct strlist filled = {0};
        uint32_t task = submission->tasks.task[i];
        result = submit_fill(&request->words.run, sweep, task, request->env, &filled, err);
        if (result == 0 && find_environment(submission, filled.item[request->env], &seen, err) < 0) {
            result = sweep == NULL ? -1 : err_wrap(err, "%s:%zu", request->words.sweep, sweep->line[task - 1]);
        }
        strlist_release(&filled);
    }
    strset_release(&seen);
    return result;
}

static void copy(struct strlist *to, const struct strlist *from)
{
    for (size_t i = 0; i < from->count; i++) {
        strlist_add(to, from->item[i]);
    }
}

static int make_submission(struct request *request, struct err *err)
{
    struct submission *submission = &request->submission;
    copy(&submission->command, &request->words.run);
    copy(&submission->options, &request->words.sbatch);
    submission->as_step = request->words.as_step;
    submission->created = circumstances_time((int64_t)time(NULL) * 1000000000);
    if (request->words.dry_run) {
        snprintf(submission->id, sizeof(submission->id), "%0*d", RUN_ID_LENGTH, 0);
        bool found = project_find(&request->project, request->cwd) == 1;
        submission->folder = found ? xasprintf("%s/submissions/%s", request->project.path, submission->id)
                                   : xasprintf("%s/" SETUP_RECORDS "/submissions/%s", request->cwd, submission->id);
        return submit_hand_over(submission, &submission->tasks, true, err);
    }
    if (!slurm_has("sbatch")) {
        return err_set(err, ERR_HOST,
                       "there is no sbatch in PATH: submit hands its jobs to Slurm; --dry-run prints what it would");
    }
    if (project_open(&request->project, request->cwd, err) < 0 ||
        submission_create(submission, &request->project, &request->table, err) < 0) {
        return -1;
    }
    int result = submit_hand_over(submission, &submission->tasks, false, err);
    if (result < 0 && submission->jobs == 0) {
        submission_remove(submission);
    }
    return result;
}

static int submit_new(struct request *request, struct err *err)
{
    if (!request->words.has_run) {
        return err_set(err, ERR_USAGE,
                       "submit: what is to run follows '--': sciwrap submit --time=10 -- run ENV ARG...");
    }
    const char *prepare = request->words.prepare != NULL ? request->words.prepare : "job";
    if (submit_find_env(&request->words.run, &request->env, err) < 0 || read_table(request, err) < 0 ||
        choose_tasks(request, err) < 0 || submit_prepare(&request->submission, prepare, err) < 0 ||
        check_tasks(request, err) < 0) {
        return -1;
    }
    return make_submission(request, err);
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct request request = {.project = {.runs_fd = -1}};
    *exit_code = 0;
    request.cwd = fs_current_dir();
    int result = request.cwd == NULL ? err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used")
                                     : submit_words_read(&request.words, argc, argv, err);
    if (result == 0 && request.words.is_task) {
        result = submit_task(&request.words.run, exit_code, err);
    } else if (result == 0) {
        result = request.words.again != NULL ? submit_again(&request.words, err) : submit_new(&request, err);
    }
    submit_words_release(&request.words);
    free(request.cwd);
    buf_release(&request.table);
    sweep_release(&request.sweep);
    project_close(&request.project);
    submission_release(&request.submission);
    return result;
}

const struct command submit_command = {
    .name = "submit",
    .synopsis = "[OPTION...] [SBATCH-OPTION...] -- run ENV [ARG...]",
    .summary = "hand runs to Slurm: one, an array, or a row of a table each",
    .options = submit_options,
    .options_first = true,
    .more = "Other options are those of sbatch(1): --time=10 -p short --mem=4G. After '--',\n"
            "{name} is the value in the row of the task, {task} its number, {{ is a brace.\n"
            "'sciwrap runs --job JOB' shows what became of the tasks.\n",
    .run = run,
};
