/* SPDX-License-Identifier: BSD-2-Clause
 * runs_job_show: the tasks of a batch job for people and for programs. */
#include "commands/runs_job_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/units.h"

enum { ROW_WIDTH = 48 };

struct made {
    uint64_t files;
    uint64_t bytes;
};

static struct made outputs_of(const struct catalog_run *run)
{
    struct made made = {0};
    struct catalog_file file;
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        made.files += file.is_output;
        made.bytes += file.is_output ? file.size : 0;
    }
    return made;
}

/* "sample=A depth=30": what is different between tasks, before what is the same. */
static char *values_of(const struct sweep *sweep, uint64_t row)
{
    struct buf text = {0};
    for (size_t i = 0; i < sweep->columns.count; i++) {
        buf_addf(&text, "%s%s=%s", i > 0 ? " " : "", sweep->columns.item[i], sweep_cell(sweep, (size_t)row, i));
    }
    return buf_take(&text);
}

static char *words_of(const struct catalog_run *run)
{
    struct buf text = {0};
    const char *word = run->command;
    for (uint64_t i = 0; i < run->words; i++) {
        buf_addf(&text, "%s%s", i > 0 ? " " : "", word);
        word += strlen(word) + 1;
    }
    return buf_take(&text);
}

static char *tell_task(const struct sweep *sweep, const struct task *task)
{
    if (sweep != NULL && task->number >= 1 && task->number <= sweep->rows) {
        return values_of(sweep, task->number);
    }
    return task->run != NULL ? words_of(task->run) : xstrdup("");
}

/* Within `width` places, escaped. */
static void print_cut(const char *text, size_t width)
{
    char shown[4 * ROW_WIDTH + 1];
    text_escape(shown, width + 1, text, strlen(text));
    bool cut = strlen(text) > strlen(shown);
    if (cut && strlen(shown) > 3) {
        text_escape(shown, width - 2, text, strlen(text));
    }
    printf("%s%s", shown, cut ? "..." : "");
}

static void print_task(const struct task *task, const struct sweep *sweep)
{
    char memory[UNITS_TEXT] = "-";
    char size[UNITS_TEXT] = "-";
    auto_free char *told = tell_task(sweep, task);
    printf("%6" PRIu64 "  %-8s", task->number, task_state_name(task->state));
    if (task->run != NULL) {
        struct made made = outputs_of(task->run);
        printf(" %4d %9.2fs %9s %6" PRIu64 " %9s  %s  ", (int)task->run->exit_code, (double)task->run->elapsed_ns / 1e9,
               units_size(memory, task->run->memory_bytes), made.files, units_size(size, made.bytes), task->run->id);
    } else {
        printf(" %4s %10s %9s %6s %9s  %-12s  ", "-", "-", "-", "-", "-", task->reason != NULL ? task->reason : "-");
    }
    print_cut(told, ROW_WIDTH);
    putchar('\n');
}

static void add_count(struct buf *text, const struct tasks *tasks, enum task_state state)
{
    if (tasks->counts[state] > 0) {
        buf_addf(text, "%s%zu %s", text->length > 0 ? ", " : "", tasks->counts[state], task_state_name(state));
    }
}

/* "200 tasks: 150 done, 3 failed, 20 running, 27 waiting". */
static char *summary(const struct tasks *tasks)
{
    struct buf counts = {0};
    for (int state = TASK_DONE; state < TASK_STATES; state++) {
        add_count(&counts, tasks, (enum task_state)state);
    }
    char *text = xasprintf("%zu %s: %s", tasks->count, tasks->count == 1 ? "task" : "tasks", buf_text(&counts));
    buf_release(&counts);
    return text;
}

static void tell_next_step(const struct runs_job *asked, const struct submission *submission, const struct tasks *tasks)
{
    size_t bad = tasks->counts[TASK_FAILED] + tasks->counts[TASK_LOST];
    if (tasks->prepare_state != NULL && tasks->counts[TASK_WAITING] + tasks->counts[TASK_LOST] > 0) {
        uint64_t number = submission->job[submission->jobs - 1].number;
        log_info("job %s, which brings the environments: %s; see '%s/%" PRIu64 ".prepare.out'", tasks->prepare,
                 tasks->prepare_state, submission->folder, number);
    }
    if (tasks->counts[TASK_UNKNOWN] > 0) {
        log_info("squeue does not answer here: of tasks without a record it is not known whether they still run");
    }
    if (bad > 0 && submission->folder != NULL) {
        log_info("'sciwrap submit --again %s' submits the %zu that failed or were lost again", asked->word, bad);
    }
}

static void print_table(const struct tasks *tasks, const struct sweep *sweep)
{
    printf("%6s  %-8s %4s %10s %9s %6s %9s  %-12s  %s\n", "TASK", "STATE", "EXIT", "TIME", "MEMORY", "FILES", "OUTPUTS",
           "RUN", sweep != NULL ? "ROW" : "COMMAND");
    for (size_t i = 0; i < tasks->count; i++) {
        print_task(&tasks->task[i], sweep);
    }
    auto_free char *counts = summary(tasks);
    printf("%s\n", counts);
    fflush(stdout);
}

static struct doc *task_doc(const struct task *task, const struct sweep *sweep)
{
    struct doc *object = doc_object();
    doc_put_number(object, "task", task->number);
    doc_put_text(object, "state", task_state_name(task->state));
    doc_put_text(object, "reason", task->reason);
    doc_put_text(object, "job", task->job);
    if (sweep != NULL && task->number >= 1 && task->number <= sweep->rows) {
        struct doc *columns = doc_object();
        for (size_t i = 0; i < sweep->columns.count; i++) {
            doc_put_text(columns, sweep->columns.item[i], sweep_cell(sweep, (size_t)task->number, i));
        }
        doc_put(object, "columns", columns);
    }
    if (task->run != NULL) {
        struct made made = outputs_of(task->run);
        auto_free char *command = words_of(task->run);
        doc_put_text(object, "id", task->run->id);
        doc_put_text(object, "started", task->run->started);
        doc_put_text(object, "command", command);
        doc_put_number(object, "exit", task->run->exit_code);
        doc_put_number(object, "elapsed_ns", task->run->elapsed_ns);
        doc_put_number(object, "memory_bytes", task->run->memory_bytes);
        doc_put_number(object, "outputs", made.files);
        doc_put_number(object, "output_bytes", made.bytes);
    }
    return object;
}

static void print_json(const struct tasks *tasks, const struct sweep *sweep)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < tasks->count; i++) {
        doc_append(list, task_doc(&tasks->task[i], sweep));
    }
    auto_free char *text = doc_print(list);
    fputs(text, stdout);
    doc_free(list);
}

int runs_job_show(const struct runs_job *asked, const struct submission *submission, const struct tasks *tasks,
                  struct err *err)
{
    struct sweep sweep = {0};
    bool has_table = submission->table != NULL;
    if (has_table && submission_load_table(submission, &sweep, err) < 0) {
        return -1;
    }
    if (asked->json) {
        print_json(tasks, has_table ? &sweep : NULL);
    } else {
        print_table(tasks, has_table ? &sweep : NULL);
        tell_next_step(asked, submission, tasks);
    }
    sweep_release(&sweep);
    return 0;
}

void runs_job_progress(struct runs_job_progress *progress, const struct tasks *tasks)
{
    auto_free char *now = summary(tasks);
    bool same = progress->shown != NULL && strcmp(progress->shown, now) == 0;
    if (same || log_get_level() == LOG_QUIET) {
        return;
    }
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K%s", now);
    } else {
        fprintf(stderr, "%s\n", now);
    }
    free(progress->shown);
    progress->shown = steal_ptr(&now);
}

void runs_job_progress_end(struct runs_job_progress *progress)
{
    if (progress->shown != NULL && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K");
    }
    free(progress->shown);
    progress->shown = NULL;
}
