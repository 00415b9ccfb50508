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
#include "base/fit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "commands/tell.h"

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

/* Bytes with which all values of the column begin: as far as a terminal need not show them. SIZE_MAX: all are the same.
 */
static size_t common_start(const struct sweep *sweep, size_t column)
{
    enum { WORTH = 6 };
    const char *first = sweep_cell(sweep, 1, column);
    size_t same = strlen(first);
    bool equal = sweep->rows > 1;
    for (size_t row = 2; row <= sweep->rows; row++) {
        const char *cell = sweep_cell(sweep, row, column);
        size_t at = 0;
        while (at < same && cell[at] == first[at]) {
            at++;
        }
        equal &= at == same && first[at] == '\0' && cell[at] == '\0';
        same = at;
    }
    /* Neither numbers nor letters of several bytes are torn. */
    while (same > 0 &&
           (((unsigned char)first[same] & 0xc0) == 0x80 || (first[same - 1] >= '0' && first[same - 1] <= '9'))) {
        same--;
    }
    return equal ? SIZE_MAX : sweep->rows > 1 && same >= WORTH ? same : 0;
}

/* What is told of the tasks of a table. */
struct telling {
    const struct sweep *sweep; /* NULL: none */
    size_t *start;             /* of each column: common_start(), or 0 elsewhere than on a terminal */
};

static struct telling telling_of(const struct sweep *sweep)
{
    struct telling telling = {.sweep = sweep};
    if (sweep != NULL) {
        telling.start = xcalloc(sweep->columns.count + 1, sizeof(*telling.start));
    }
    for (size_t i = 0; sweep != NULL && fit_width(STDOUT_FILENO) > 0 && i < sweep->columns.count; i++) {
        telling.start[i] = common_start(sweep, i);
    }
    return telling;
}

/* "sample=A depth=30". On a terminal only what is different between tasks: "sample=…7". */
static char *values_of(const struct telling *telling, uint64_t row)
{
    struct buf text = {0};
    const struct sweep *sweep = telling->sweep;
    for (size_t i = 0; i < sweep->columns.count; i++) {
        size_t start = telling->start[i];
        if (start != SIZE_MAX) {
            buf_addf(&text, "%s%s=%s%s", text.length > 0 ? " " : "", sweep->columns.item[i], start > 0 ? "…" : "",
                     sweep_cell(sweep, (size_t)row, i) + start);
        }
    }
    return buf_take(&text);
}

static char *tell_task(const struct telling *telling, const struct task *task)
{
    if (telling->sweep != NULL && task->number >= 1 && task->number <= telling->sweep->rows) {
        return values_of(telling, task->number);
    }
    return task->run != NULL ? catalog_words(task->run) : xstrdup("");
}

static const struct column row_columns[] = {
    {.title = "TASK", .right = true},
    {.title = "STATE"},
    {.title = "EXIT", .right = true},
    {.title = "TIME", .right = true, .spared = 4},
    {.title = "MEMORY", .right = true, .spared = 3},
    {.title = "FILES", .right = true, .spared = 1},
    {.title = "OUTPUTS", .right = true, .spared = 2},
    {.title = "RUN", .digits = true},
    {.title = "ROW", .least = 28},
    {0},
};

static void add_run(struct columns *table, const struct catalog_run *run)
{
    char took[UNITS_TEXT];
    char memory[UNITS_TEXT];
    char size[UNITS_TEXT];
    struct made made = outputs_of(run);
    columns_addf(table, "%d", (int)run->exit_code);
    columns_add(table, units_duration(took, run->elapsed_ns));
    columns_add(table, units_size(memory, run->memory_bytes));
    columns_addf(table, "%" PRIu64, made.files);
    columns_add(table, units_size(size, made.bytes));
    columns_add(table, run->id);
}

static void add_task(struct columns *table, const struct task *task, const struct telling *telling)
{
    enum { OF_A_RUN = 6 };
    auto_free char *told = tell_task(telling, task);
    columns_addf(table, "%" PRIu64, task->number);
    columns_addf(table, "%s%s%s", task_state_name(task->state), task->reason != NULL ? ": " : "",
                 task->reason != NULL ? task->reason : "");
    if (task->run != NULL) {
        add_run(table, task->run);
    }
    for (int i = 0; i < OF_A_RUN && task->run == NULL; i++) {
        columns_add(table, "-");
    }
    columns_add(table, told);
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
    if (bad > 0 && submission->folder != NULL && strchr(asked->word, '_') != NULL) {
        int length = (int)strcspn(asked->word, "_");
        log_info("'sciwrap submit --again %.*s --array %" PRIu64 "' submits it again", length, asked->word,
                 tasks->task[0].number);
    } else if (bad > 0 && submission->folder != NULL) {
        log_info("'sciwrap submit --again %s' submits %zu again that failed or %s lost", asked->word, bad,
                 bad == 1 ? "was" : "were");
    }
}

static void print_table(const struct tasks *tasks, const struct sweep *sweep)
{
    struct column shown[sizeof(row_columns) / sizeof(row_columns[0])];
    memcpy(shown, row_columns, sizeof(shown));
    shown[sizeof(shown) / sizeof(shown[0]) - 2].title = sweep != NULL ? "ROW" : "COMMAND";
    auto_release(columns) struct columns table = columns_of(shown);
    struct telling telling = telling_of(sweep);
    for (size_t i = 0; i < tasks->count; i++) {
        add_task(&table, &tasks->task[i], &telling);
    }
    free(telling.start);
    tell_table(&table);
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
        auto_free char *command = catalog_words(task->run);
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
    tell_json(list);
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
