/* SPDX-License-Identifier: BSD-2-Clause
 * rerun_job: every task of a batch job again, here and one after another. */
#include "commands/rerun_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "commands/comparison.h"
#include "commands/runs_job.h"
#include "commands/slurm_call.h"
#include "run/job.h"

/* What all of them came to. */
struct total {
    size_t verdict[VERDICTS];
    size_t undone; /* could not be run again */
    size_t cancelled;
    size_t unrecorded;
    struct doc *tasks; /* for --json */
};

/* The comparison that the rerun printed; NULL when there is none. *ret_top owns it. */
static const struct doc *read_answer(const struct buf *output, struct doc **ret_top)
{
    struct err ignored = {0};
    *ret_top = doc_parse("rerun", buf_text(output), output->length, &ignored);
    return doc_at(doc_get(*ret_top, "reruns"), 0);
}

static bool read_verdict(const struct doc *object, enum verdict *ret_verdict)
{
    auto_free char *name = doc_get_text(object, "verdict");
    for (int i = 0; name != NULL && i < VERDICTS; i++) {
        if (strcmp(name, verdict_name((enum verdict)i)) == 0) {
            *ret_verdict = (enum verdict)i;
            return true;
        }
    }
    return false;
}

/* The outputs that are not what they were. */
static void print_outputs(const struct doc *answer)
{
    const struct doc *outputs = doc_get(answer, "outputs");
    for (size_t i = 0; i < doc_count(outputs); i++) {
        enum verdict verdict = VERDICT_IDENTICAL;
        const struct doc *output = doc_at(outputs, i);
        auto_free char *path = doc_get_text(output, "path");
        auto_free char *detail = doc_get_text(output, "detail");
        bool shown = read_verdict(output, &verdict) && path != NULL &&
                     (!verdict_is_good(verdict) || log_get_level() == LOG_VERBOSE);
        if (shown) {
            printf("        %s  ", verdict_title(verdict));
            comparison_print_text(path);
            printf("%s", detail != NULL ? ": " : "");
            comparison_print_text(detail != NULL ? detail : "");
            putchar('\n');
        }
    }
    if (!doc_get_bool(answer, "same_exit")) {
        printf("        %s  exit status\n", verdict_title(VERDICT_DIFFERENT));
    }
    auto_free char *work = doc_get_text(answer, "work");
    if (work != NULL) {
        printf("        what it made now: ");
        comparison_print_text(work);
        putchar('\n');
    }
}

/* It came to its end by somebody who ended it: again it would go on, for who knows how long, to another one. */
static bool was_cancelled(const struct project *project, const struct task *task)
{
    struct job job = {0};
    struct err unread = {0}; /* the rerun tells it */
    auto_free char *path = project_run_path(project, task->run->id, MANIFEST_NAME);
    struct doc *doc = doc_load(path, MANIFEST_MOST, &unread);
    bool cancelled = job_read(doc_get(doc, "circumstances"), &job) && job.cancelled;
    job_release(&job);
    doc_free(doc);
    return cancelled;
}

static void tell_cancelled(const struct rerun_job *asked, struct total *total, const struct task *task)
{
    total->cancelled++;
    if (asked->json) {
        struct doc *object = doc_object();
        doc_put_number(object, "task", task->number);
        doc_put_text(object, "id", task->run->id);
        doc_put_bool(object, "cancelled", true);
        doc_append(total->tasks, object);
        return;
    }
    printf("%6" PRIu64 "  %s  not run again: its job was cancelled; 'sciwrap rerun %s' does it\n", task->number,
           task->run->id, task->run->id);
}

static void tell(const struct rerun_job *asked, struct total *total, const struct task *task, const struct doc *answer)
{
    enum verdict verdict = VERDICT_DIFFERENT;
    bool done = answer != NULL && read_verdict(answer, &verdict);
    auto_free char *now = doc_get_text(answer, "id");
    if (done) {
        total->verdict[verdict]++;
    } else {
        total->undone++;
    }
    if (asked->json) {
        struct doc *object = doc_object();
        doc_put_number(object, "task", task->number);
        doc_put_text(object, "id", task->run->id);
        doc_put_text(object, "rerun", now);
        doc_put_text(object, "verdict", done ? verdict_name(verdict) : NULL);
        doc_append(total->tasks, object);
        return;
    }
    printf("%6" PRIu64 "  %s  %s\n", task->number, task->run->id, done ? verdict_title(verdict) : "not run again");
    if (done) {
        print_outputs(answer);
    }
    fflush(stdout);
}

static int rerun_one(const struct rerun_job *asked, const char *self, struct total *total, const struct task *task,
                     struct err *err)
{
    int status = 0;
    struct doc *top = NULL;
    struct strlist words = {0};
    auto_release(buf) struct buf output = {0};
    strlist_add(&words, self);
    strlist_add(&words, "rerun");
    strlist_add(&words, "--json");
    if (log_get_level() < LOG_VERBOSE) {
        strlist_add(&words, "--quiet"); /* what it is told of one task is so of all */
    }
    for (size_t i = 0; i < asked->options.count; i++) {
        strlist_add(&words, asked->options.item[i]);
    }
    strlist_add(&words, task->run->id);
    int result = slurm_call(&words, false, &output, &status, err);
    strlist_release(&words);
    if (result == 0 && status > 128) { /* ended by a signal: the next one would be as well */
        return err_set(err, ERR_SYSTEM, "broken off at task %" PRIu64 ": the rerun was ended by a signal",
                       task->number);
    }
    if (result == 0) {
        tell(asked, total, task, status <= 1 ? read_answer(&output, &top) : NULL);
        doc_free(top);
    }
    return result;
}

static void add_count(struct buf *text, size_t count, const char *what)
{
    if (count > 0) {
        buf_addf(text, "%s%zu %s", text->length > 0 ? ", " : "", count, what);
    }
}

/* "200 tasks: 198 identical, 1 different, 1 not run again". */
static void conclude(const struct rerun_job *asked, struct total *total, size_t count)
{
    struct buf text = {0};
    if (asked->json) {
        struct doc *top = doc_object();
        doc_put_text(top, "schema", "sciwrap-rerun-job/1");
        doc_put(top, "tasks", total->tasks);
        doc_put_number(top, "not_run_again", total->undone);
        doc_put_number(top, "cancelled", total->cancelled);
        doc_put_number(top, "without_record", total->unrecorded);
        total->tasks = NULL;
        auto_free char *printed = doc_print(top);
        fputs(printed, stdout);
        doc_free(top);
        return;
    }
    for (int i = 0; i < VERDICTS; i++) {
        add_count(&text, total->verdict[i], verdict_title((enum verdict)i));
    }
    add_count(&text, total->undone, "not run again");
    add_count(&text, total->cancelled, "cancelled and not run again");
    add_count(&text, total->unrecorded, "without a record");
    printf("%zu %s: %s\n", count, count == 1 ? "task" : "tasks", buf_text(&text));
    buf_release(&text);
}

static int exit_code_of(const struct total *total)
{
    bool good = true;
    for (int i = 0; i < VERDICTS; i++) {
        good &= total->verdict[i] == 0 || verdict_is_good((enum verdict)i);
    }
    return total->undone + total->cancelled + total->unrecorded > 0 ? 125 : good ? 0 : 1;
}

static int rerun_tasks(const struct rerun_job *asked, const struct project *project, const struct tasks *tasks,
                       int *exit_code, struct err *err)
{
    int result = 0;
    struct total total = {.tasks = doc_array()};
    auto_free char *self = fs_self_path();
    if (self == NULL) {
        result = err_set(err, ERR_HOST, "the place of this program is not known: is /proc mounted?");
    }
    for (size_t i = 0; i < tasks->count && result == 0; i++) {
        if (tasks->task[i].run != NULL && tasks->count > 1 && was_cancelled(project, &tasks->task[i])) {
            tell_cancelled(asked, &total, &tasks->task[i]);
        } else if (tasks->task[i].run != NULL) {
            result = rerun_one(asked, self, &total, &tasks->task[i], err);
        } else {
            total.unrecorded++;
        }
    }
    if (result == 0) {
        conclude(asked, &total, tasks->count);
        *exit_code = exit_code_of(&total);
    }
    doc_free(total.tasks);
    return result;
}

int rerun_job(const struct rerun_job *asked, int *exit_code, struct err *err)
{
    struct project project = {.runs_fd = -1};
    struct submission submission = {0};
    struct tasks tasks = {0};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    if (project_find(&project, cwd) == 0) {
        return err_set(err, ERR_NOT_FOUND, "no tasks of job '%s' are recorded here or above; go where it was submitted",
                       asked->word);
    }
    int result = runs_job_gather(asked->word, &project, &submission, &tasks, err);
    if (result == 0) {
        result = rerun_tasks(asked, &project, &tasks, exit_code, err);
    }
    tasks_release(&tasks);
    submission_release(&submission);
    project_close(&project);
    return result;
}
