/* SPDX-License-Identifier: BSD-2-Clause
 * runs: the runs that are recorded in this project, the oldest first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/units.h"
#include "commands/command.h"
#include "commands/runs_job.h"
#include "commands/tell.h"
#include "run/begun.h"
#include "run/catalog.h"

static const struct command_option options[] = {
    {"job", 0, "JOB", "the tasks of a batch job, also those still to come"},
    {"follow", 0, NULL, "with --job: until every task has ended"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* A run, recorded or not. */
struct row {
    struct catalog_run run; /* of one without a record: what its note says */
    const char *state;      /* in the place of exit status and time; NULL: there is a record */
};

struct rows {
    struct row *row;
    size_t count;
    struct begun_run *begun; /* what the rows without a record point into */
    size_t begun_count;
    struct buf *words; /* their commands */
};

static const char *state_name(enum begun_state state)
{
    return state == BEGUN_LOST ? "lost" : "?";
}

static int compare_rows_by_start(const void *a, const void *b)
{
    const struct catalog_run *first = &((const struct row *)a)->run;
    const struct catalog_run *second = &((const struct row *)b)->run;
    int order = strcmp(first->started, second->started); /* RFC 3339 in one zone sorts as text */
    return order != 0 ? order : strcmp(first->id, second->id);
}

/* Runs that go on are for `sciwrap ps`. */
static void add_begun(struct rows *rows, const struct project *project, const char *id)
{
    struct begun_run *begun = &rows->begun[rows->begun_count];
    struct buf *words = &rows->words[rows->begun_count];
    begun_look(begun, project, id);
    if (begun->state == BEGUN_GOES_ON) {
        begun_run_release(begun);
        return;
    }
    rows->begun_count++;
    for (size_t i = 0; i < begun->command.count; i++) {
        buf_add(words, begun->command.item[i], strlen(begun->command.item[i]) + 1);
    }
    rows->row[rows->count++] = (struct row){
        .run = {.id = id,
                .started = begun->started,
                .environment = begun->environment != NULL ? begun->environment : "",
                .command = buf_text(words),
                .words = begun->command.count,
                .rerun_of = ""},
        .state = state_name(begun->state),
    };
}

static void collect(struct rows *rows, const struct project *project, const struct catalog *catalog)
{
    const struct strlist *unrecorded = &catalog->unrecorded;
    *rows = (struct rows){.row = xcalloc(catalog->count + unrecorded->count + 1, sizeof(*rows->row)),
                          .begun = xcalloc(unrecorded->count + 1, sizeof(*rows->begun)),
                          .words = xcalloc(unrecorded->count + 1, sizeof(*rows->words))};
    for (size_t i = 0; i < catalog->count; i++) {
        rows->row[rows->count++].run = catalog->run[i];
    }
    for (size_t i = 0; i < unrecorded->count; i++) {
        add_begun(rows, project, unrecorded->item[i]);
    }
    qsort(rows->row, rows->count, sizeof(*rows->row), compare_rows_by_start);
}

static void release_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->begun_count; i++) {
        begun_run_release(&rows->begun[i]);
        buf_release(&rows->words[i]);
    }
    free(rows->row);
    free(rows->begun);
    free(rows->words);
}

static const struct column columns[] = {
    {.title = "ID", .digits = true},
    {.title = "STARTED (UTC)", .brief = sizeof("2026-01-01T00:00") - 1, .spared = 1},
    {.title = "ENVIRONMENT", .least = 11},
    {.title = "EXIT", .right = true},
    {.title = "TIME", .right = true, .spared = 2},
    {.title = "COMMAND", .least = 20},
    {0},
};

static void print_row(struct columns *table, const struct row *row)
{
    const struct catalog_run *run = &row->run;
    enum { TO_THE_SECOND = sizeof("2026-01-01T00:00:00") - 1 };
    char took[UNITS_TEXT];
    auto_free char *words = catalog_words(run);
    columns_add(table, run->id);
    columns_addf(table, "%.*s", TO_THE_SECOND, run->started);
    columns_add(table, run->environment[0] != '\0' ? run->environment : "-");
    if (row->state != NULL) {
        columns_add(table, row->state);
        columns_add(table, "-");
    } else {
        columns_addf(table, "%d", (int)run->exit_code);
        columns_add(table, units_duration(took, run->elapsed_ns));
    }
    columns_add(table, words);
}

static void add_row(struct doc *list, const struct row *row)
{
    const struct catalog_run *run = &row->run;
    struct doc *object = doc_object();
    auto_free char *command = catalog_words(run);
    doc_put_text(object, "id", run->id);
    doc_put_text(object, "started", run->started);
    doc_put_text(object, "environment", run->environment[0] != '\0' ? run->environment : NULL);
    doc_put_text(object, "command", run->words > 0 ? command : NULL);
    if (row->state != NULL) {
        doc_put_text(object, "state", row->state[0] != '?' ? row->state : "unknown");
    } else {
        doc_put_number(object, "exit", run->exit_code);
        doc_put_number(object, "elapsed_ns", run->elapsed_ns);
        doc_put_text(object, "rerun_of", run->rerun_of[0] != '\0' ? run->rerun_of : NULL);
    }
    doc_append(list, object);
}

static void show_rows(const struct rows *rows, bool json)
{
    struct doc *list = json ? doc_array() : NULL;
    auto_release(columns) struct columns table = columns_of(columns);
    for (size_t i = 0; i < rows->count; i++) {
        if (json) {
            add_row(list, &rows->row[i]);
        } else {
            print_row(&table, &rows->row[i]);
        }
    }
    if (json) {
        tell_json(list);
    } else {
        tell_table(&table);
    }
}

/* "; the first on node3, slurm 17, on node3" */
static char *describe_begun(const struct begun_run *begun)
{
    struct buf text = {0};
    auto_release(buf) struct buf place = {0};
    auto_free char *job = begun->job.is_there ? job_text(&begun->job) : xstrdup("");
    buf_addf(&place, "%s%s%s", begun->host, job[0] != '\0' ? ", " : "", job);
    buf_add_text(&text, "; the first on ");
    quote_escape(&text, buf_text(&place));
    return buf_take(&text);
}

/* What stands in the column EXIT without being a number. */
static void explain_begun(const struct rows *rows)
{
    size_t lost = 0;
    auto_free char *first = NULL;
    for (size_t i = 0; i < rows->begun_count; i++) {
        const struct begun_run *begun = &rows->begun[i];
        lost += begun->state == BEGUN_LOST;
        if (begun->state != BEGUN_LOST && begun->host != NULL && first == NULL) {
            first = describe_begun(begun);
        }
    }
    if (lost > 0) {
        log_info("lost: killed before there was a record; what %s read and wrote is not known",
                 lost == 1 ? "it" : "they");
    }
    if (rows->begun_count > lost) {
        log_info("?: no record; begun on another host, which alone knows whether it goes on%s",
                 first != NULL ? first : "");
    }
}

static int show_project(const struct project *project, bool json, struct err *err)
{
    struct catalog catalog = {0};
    struct rows rows = {0};
    if (catalog_load(&catalog, project, err) < 0) {
        return -1;
    }
    /* A record that cannot be read is told of and does not hide the others. */
    for (size_t i = 0; i < catalog.notes.count; i++) {
        log_warn("%s", catalog.notes.item[i]);
    }
    collect(&rows, project, &catalog);
    show_rows(&rows, json);
    if (!json) {
        explain_begun(&rows);
    }
    if (!json && rows.count == 0 && project->path != NULL) {
        log_info("no run is recorded in '%s' yet; 'sciwrap run ENV ARG...' records the first", project->path);
    }
    release_rows(&rows);
    catalog_release(&catalog);
    return 0;
}

static void take_option(struct runs_job *asked, const char *name, const char *value)
{
    if (strcmp(name, "job") == 0) {
        asked->word = value;
    } else if (strcmp(name, "follow") == 0) {
        asked->follow = true;
    } else {
        asked->json |= !option_is_level(name);
    }
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    struct runs_job asked = {0};
    struct option_reader reader = option_reader_of(&runs_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        take_option(&asked, options[option].name, reader.value);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at < argc) {
        return command_usage_error(&runs_command, err, "takes no arguments");
    }
    if (asked.follow && asked.word == NULL) {
        return command_usage_error(&runs_command, err, "--follow needs --job");
    }
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    if (project_find(&project, cwd) == 0 && !asked.json) {
        log_info(
            "no runs are recorded here or above; 'sciwrap run' records one where it is started, and 'sciwrap init' "
            "makes a project of this folder");
    }
    int result = asked.word == NULL ? show_project(&project, asked.json, err)
                 : project.path == NULL
                     ? err_set(err, ERR_NOT_FOUND,
                               "no tasks of job '%s' are recorded here or above; go where it was submitted", asked.word)
                     : runs_job(&asked, &project, exit_code, err);
    project_close(&project);
    return result;
}

const struct command runs_command = {
    .name = "runs",
    .synopsis = "[OPTION...]",
    .summary = "list the runs that are recorded here",
    .options = options,
    .more = "With --follow, exit status 1 when a task did not end well.\n",
    .run = run,
};
