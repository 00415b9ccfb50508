/* SPDX-License-Identifier: BSD-2-Clause
 * tasks: what became of the tasks of a batch job. */
#include "commands/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "base/text.h"
#include "commands/task_states.h"

const char *task_state_name(enum task_state state)
{
    static const char *const names[TASK_STATES] = {"done", "failed", "running", "waiting", "lost", "unknown"};
    return names[state];
}

static struct task *add_task(struct tasks *tasks, uint64_t number, const char *job)
{
    if (tasks->count == tasks->capacity) {
        tasks->capacity = tasks->capacity == 0 ? 64 : tasks->capacity * 2;
        tasks->task = xreallocarray(tasks->task, tasks->capacity, sizeof(*tasks->task));
    }
    struct task *task = &tasks->task[tasks->count++];
    *task = (struct task){.number = number, .job = job != NULL ? xstrdup(job) : NULL};
    return task;
}

/* The job that sbatch named: of an array all tasks share it. */
static const char *job_of(const struct catalog_run *run)
{
    return run->array[0] != '\0' ? run->array : run->job;
}

static int by_task(const void *a, const void *b)
{
    const struct task *first = a;
    const struct task *second = b;
    if (first->number != second->number) {
        return first->number < second->number ? -1 : 1;
    }
    return strcmp(first->run != NULL ? first->run->started : "", second->run != NULL ? second->run->started : "");
}

static struct task *find_task(const struct tasks *tasks, uint64_t number)
{
    const struct task key = {.number = number};
    size_t low = 0;
    size_t high = tasks->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tasks->task[middle].number < key.number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < tasks->count && tasks->task[low].number == number ? &tasks->task[low] : NULL;
}

/* A task that Slurm started anew (requeue) has several records in one job: the last one counts. */
static void place_runs(struct tasks *tasks, const struct submission *submission)
{
    for (size_t i = 0; i < tasks->catalog.count; i++) {
        const struct catalog_run *run = &tasks->catalog.run[i];
        if (strcmp(run->submission, submission->id) != 0 || run->rerun_of[0] != '\0') {
            continue;
        }
        struct task *task = find_task(tasks, run->task);
        bool current = task != NULL && task->job != NULL && strcmp(job_of(run), task->job) == 0;
        if (current && (task->run == NULL || strcmp(task->run->started, run->started) < 0)) {
            task->run = run;
        }
    }
}

static void judge_run(struct tasks *tasks, struct task *task)
{
    task->state = task->run->exit_code == 0 ? TASK_DONE : TASK_FAILED;
    tasks->counts[task->state]++;
}

static void judge(struct tasks *tasks, struct task *task, const struct task_states *states, uint64_t index)
{
    const char *said = task->job != NULL ? task_states_of(states, task->job, index) : NULL;
    enum task_state state = said != NULL ? task_states_meaning(said) : states->slurm ? TASK_LOST : TASK_UNKNOWN;
    bool again = said != NULL && (state == TASK_RUNNING || state == TASK_WAITING);
    /* Ended, and its process is still being cleaned up after: COMPLETING. */
    if (task->run != NULL && !(again && strcmp(said, "COMPLETING") != 0 && task->run->exit_code != 0)) {
        judge_run(tasks, task);
        return;
    }
    task->state = state;
    task->run = NULL;
    if (said != NULL && state == TASK_LOST) {
        task->reason = task_states_words(said);
    }
    tasks->counts[task->state]++;
}

static int load_catalog(struct tasks *tasks, const struct project *project, struct err *err)
{
    if (catalog_load(&tasks->catalog, project, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < tasks->catalog.notes.count; i++) {
        log_warn("%s", tasks->catalog.notes.item[i]);
    }
    return 0;
}

static void note_prepare(struct tasks *tasks, const struct submission *submission, const struct task_states *states)
{
    const struct submission_job *last = submission->jobs > 0 ? &submission->job[submission->jobs - 1] : NULL;
    if (last != NULL && last->prepare != NULL) {
        const char *said = task_states_of(states, last->prepare, TASK_STATES_NO_INDEX);
        tasks->prepare = xstrdup(last->prepare);
        bool bad = said != NULL && task_states_meaning(said) == TASK_LOST && strcmp(said, "COMPLETED") != 0;
        tasks->prepare_state = bad ? task_states_words(said) : NULL;
    }
}

/* Slurm is asked first: a task that ends in between has a record then. */
int tasks_gather(struct tasks *tasks, const struct project *project, const struct submission *submission,
                 struct err *err)
{
    struct task_states states = {0};
    struct strlist jobs = {0};
    for (size_t i = 0; i < submission->jobs; i++) {
        strlist_add(&jobs, submission->job[i].id);
        if (submission->job[i].prepare != NULL) {
            strlist_add(&jobs, submission->job[i].prepare);
        }
    }
    task_states_ask(&states, &jobs);
    strlist_release(&jobs);
    tasks->slurm = states.slurm;
    int result = load_catalog(tasks, project, err);
    for (size_t i = 0; i < submission->tasks.count && result == 0; i++) {
        const struct submission_job *job = submission_job_of(submission, submission->tasks.task[i]);
        add_task(tasks, submission->tasks.task[i], job != NULL ? job->id : NULL);
    }
    if (result == 0) {
        place_runs(tasks, submission);
    }
    for (size_t i = 0; i < tasks->count; i++) {
        const struct submission_job *job = submission_job_of(submission, tasks->task[i].number);
        uint64_t index = tasks->task[i].number - (job != NULL ? job->offset : 0);
        judge(tasks, &tasks->task[i], &states, submission->is_array ? index : TASK_STATES_NO_INDEX);
    }
    note_prepare(tasks, submission, &states);
    task_states_release(&states);
    return result;
}

static bool has_index(const struct tasks *tasks, uint64_t index)
{
    for (size_t i = 0; i < tasks->count; i++) {
        if (tasks->task[i].number == index) {
            return true;
        }
    }
    return false;
}

int tasks_gather_job(struct tasks *tasks, const struct project *project, const char *job, struct err *err)
{
    struct task_states states = {0};
    struct strlist jobs = {0};
    strlist_add(&jobs, job);
    task_states_ask(&states, &jobs);
    strlist_release(&jobs);
    tasks->slurm = states.slurm;
    int result = load_catalog(tasks, project, err);
    for (size_t i = 0; i < tasks->catalog.count && result == 0; i++) {
        const struct catalog_run *run = &tasks->catalog.run[i];
        if (run->job[0] != '\0' && (strcmp(job_of(run), job) == 0 || strcmp(run->job, job) == 0)) {
            struct task *task = add_task(tasks, run->array_index, job);
            task->run = run;
            judge_run(tasks, task);
        }
    }
    for (size_t i = 0; i < states.count && result == 0; i++) {
        uint64_t index = states.item[i].index == TASK_STATES_NO_INDEX ? 0 : states.item[i].index;
        if (!has_index(tasks, index)) {
            judge(tasks, add_task(tasks, index, job), &states, states.item[i].index);
        }
    }
    if (tasks->count > 1) {
        qsort(tasks->task, tasks->count, sizeof(*tasks->task), by_task);
    }
    task_states_release(&states);
    if (result == 0 && tasks->count == 0) {
        return err_set(err, ERR_NOT_FOUND, "no run that is recorded here belongs to a job '%s'", job);
    }
    return result;
}

void tasks_release(struct tasks *tasks)
{
    for (size_t i = 0; i < tasks->count; i++) {
        free(tasks->task[i].reason);
        free(tasks->task[i].job);
    }
    free(tasks->task);
    free(tasks->prepare);
    free(tasks->prepare_state);
    catalog_release(&tasks->catalog);
    *tasks = (struct tasks){0};
}
