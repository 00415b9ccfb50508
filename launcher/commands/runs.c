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
#include "base/text.h"
#include "commands/command.h"
#include "run/manifest.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct row {
    char *id;
    char *started;
    char *environment;
    char *command;
    char *rerun_of;
    int exit_code;
    uint64_t elapsed_ns;
};

static void release_row(struct row *row)
{
    free(row->id);
    free(row->started);
    free(row->environment);
    free(row->command);
    free(row->rerun_of);
}

static char *join(const struct strlist *words)
{
    struct buf text = {0};
    for (size_t i = 0; i < words->count; i++) {
        buf_addf(&text, "%s%s", i > 0 ? " " : "", words->item[i]);
    }
    return buf_take(&text);
}

/* A record that cannot be read is told of and does not hide the others. */
static bool read_row(const struct project *project, const char *id, struct row *row)
{
    struct manifest manifest = {0};
    struct err unread = {0};
    auto_free char *path = project_run_path(project, id, MANIFEST_NAME);
    bool good = manifest_load(&manifest, path, &unread) == 0;
    if (!good) {
        log_warn("%s", unread.text);
    } else {
        *row = (struct row){
            .id = xstrdup(id),
            .started = xstrdup(manifest.started != NULL ? manifest.started : ""),
            .environment = xstrdup(manifest.setup.environment.name),
            .command = join(&manifest.setup.argv),
            .rerun_of = manifest.rerun_of != NULL ? xstrdup(manifest.rerun_of) : NULL,
            .exit_code = manifest.exit.code,
            .elapsed_ns = manifest.elapsed_ns,
        };
    }
    manifest_release(&manifest);
    return good;
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *first = a;
    const struct row *second = b;
    int order = strcmp(first->started, second->started); /* RFC 3339 in one zone sorts as text */
    return order != 0 ? order : strcmp(first->id, second->id);
}

static void print_row(const struct row *row)
{
    enum { SHOWN = 48 };
    char command[4 * SHOWN];
    char when[32];
    char environment[64];
    size_t length = strlen(row->command);
    text_escape(command, SHOWN, row->command, length);
    text_escape(environment, sizeof(environment), row->environment, strlen(row->environment));
    text_escape(when, 20, row->started, strlen(row->started));
    const char *cut = strlen(command) + 4 >= SHOWN && length >= SHOWN - 4 ? "..." : "";
    printf("%s  %s  %-16s %4d %9.2fs  %s%s\n", row->id, when, environment, row->exit_code,
           (double)row->elapsed_ns / 1e9, command, cut);
}

static void add_row(struct doc *list, const struct row *row)
{
    struct doc *object = doc_object();
    doc_put_text(object, "id", row->id);
    doc_put_text(object, "started", row->started);
    doc_put_text(object, "environment", row->environment);
    doc_put_text(object, "command", row->command);
    doc_put_number(object, "exit", (uint64_t)row->exit_code);
    doc_put_number(object, "elapsed_ns", row->elapsed_ns);
    doc_put_text(object, "rerun_of", row->rerun_of);
    doc_append(list, object);
}

static void show_rows(const struct row *rows, size_t count, bool json)
{
    struct doc *list = json ? doc_array() : NULL;
    if (!json && count > 0) {
        printf("%-12s  %-19s  %-16s %4s %10s  %s\n", "ID", "STARTED (UTC)", "ENVIRONMENT", "EXIT", "TIME", "COMMAND");
    }
    for (size_t i = 0; i < count; i++) {
        if (json) {
            add_row(list, &rows[i]);
        } else {
            print_row(&rows[i]);
        }
    }
    if (json) {
        auto_free char *text = doc_print(list);
        fputs(text, stdout);
        doc_free(list);
    }
}

static int show_project(const struct project *project, bool json, struct err *err)
{
    struct strlist ids = {0};
    int result = project_list(project, &ids, err);
    struct row *rows = xcalloc(ids.count + 1, sizeof(*rows));
    size_t count = 0;
    for (size_t i = 0; i < ids.count; i++) {
        count += read_row(project, ids.item[i], &rows[count]);
    }
    if (result == 0) {
        qsort(rows, count, sizeof(*rows), compare_rows);
        show_rows(rows, count, json);
    }
    for (size_t i = 0; i < count; i++) {
        release_row(&rows[i]);
    }
    free(rows);
    strlist_release(&ids);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    bool json = false;
    struct option_reader reader = option_reader_of(&runs_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        json |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at < argc) {
        return command_usage_error(&runs_command, err, "takes no arguments");
    }
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    if (project_find(&project, cwd) == 0 && !json) {
        log_info("no runs are recorded here or above");
    }
    int result = show_project(&project, json, err);
    project_close(&project);
    return result;
}

const struct command runs_command = {
    .name = "runs",
    .synopsis = "[OPTION...]",
    .summary = "list the runs that are recorded here",
    .options = options,
    .run = run,
};
