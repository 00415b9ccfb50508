/* SPDX-License-Identifier: BSD-2-Clause
 * report: a run, or all runs of a project, as one page that stands for itself. */
#include "publish/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/units.h"
#include "base/whole.h"
#include "commands/command.h"
#include "commands/records.h"

static const struct command_option options[] = {
    {"all", 0, NULL, "all runs of this project"},
    {"output", 'o', "FILE", "the page to write (ID.html, runs.html), or -"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

struct request {
    const char *word;
    const char *output;
    bool all;
};

static int read_line(struct request *request, int argc, char **argv, struct err *err)
{
    struct option_reader reader = option_reader_of(&report_command, argc, argv);
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0 && reader.value != NULL) {
            request->output = reader.value;
        } else if (option >= 0) {
            request->all |= !option_is_level(options[option].name);
        } else if (reader.at < argc && request->word == NULL) {
            request->word = argv[reader.at++];
        } else if (reader.at < argc) {
            return command_usage_error(&report_command, err, "takes one run");
        }
    }
    if (request->all && request->word != NULL) {
        return command_usage_error(&report_command, err, "--all is of all runs, and takes none");
    }
    return request->all || request->word != NULL ? 0 : command_usage_error(&report_command, err, COMMAND_NO_RUN);
}

static int write_page(const char *page, const char *path, struct err *err)
{
    char size[UNITS_TEXT];
    struct whole whole;
    size_t length = strlen(page);
    if (strcmp(path, "-") == 0) {
        return fs_write_fd(STDOUT_FILENO, "standard output", page, length, err);
    }
    if (whole_begin(&whole, path, 0666, err) < 0 || fs_write_fd(whole.fd, path, page, length, err) < 0) {
        whole_abandon(&whole);
        return -1;
    }
    if (whole_commit(&whole, err) < 0) {
        return -1;
    }
    log_info("wrote '%s' (%s)", path, units_size(size, length));
    return 0;
}

/* The project that a record belongs to. That of a bundle, or of a copy, lies in none: its reruns are those of this one.
 */
static int load_catalog(const char *manifest, struct catalog *catalog, struct err *err)
{
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    auto_free char *folder = records_folder(cwd, manifest);
    bool found = project_find(&project, folder) > 0 || project_find(&project, cwd) > 0;
    int result = found ? catalog_load(catalog, &project, err) : 0;
    project_close(&project);
    return result;
}

static int report_one(const struct request *request, const struct record *record, struct err *err)
{
    struct cite cite = {0};
    struct catalog catalog = {0};
    int result =
        load_catalog(record->path, &catalog, err) < 0 || cite_gather(&cite, record->path, &catalog, err) < 0 ? -1 : 0;
    if (result == 0) {
        struct report_subject subject = {.cite = &cite, .catalog = &catalog, .bundle = record->bundle};
        bool is_file = record->bundle == NULL && request->word != NULL && strcmp(request->word, record->path) == 0;
        subject.file = is_file ? request->word : NULL;
        for (size_t i = 0; i < cite.notes.count; i++) {
            log_warn("%s", cite.notes.item[i]);
        }
        auto_free char *name = xasprintf("%s.html", project_is_id(cite.manifest.id) ? cite.manifest.id : "report");
        auto_free char *page = report_run(&subject);
        result = write_page(page, request->output != NULL ? request->output : name, err);
    }
    cite_release(&cite);
    catalog_release(&catalog);
    return result;
}

static int report_all(const struct request *request, struct err *err)
{
    struct project project = {.runs_fd = -1};
    struct catalog catalog = {0};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    if (project_find(&project, cwd) == 0) {
        return err_set(err, ERR_NOT_FOUND,
                       "no runs are recorded here or above; 'sciwrap run' records one where it is started");
    }
    int result = catalog_load(&catalog, &project, err);
    if (result == 0) {
        for (size_t i = 0; i < catalog.notes.count; i++) {
            log_warn("%s", catalog.notes.item[i]);
        }
        auto_free char *folder = path_normal(project.path, "..");
        auto_free char *page = report_project(&catalog, path_base(folder));
        result = write_page(page, request->output != NULL ? request->output : "runs.html", err);
    }
    catalog_release(&catalog);
    project_close(&project);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct request request = {0};
    *exit_code = 0;
    if (read_line(&request, argc, argv, err) < 0) {
        return -1;
    }
    if (request.all) {
        return report_all(&request, err);
    }
    struct record record;
    int result = record_open(&record, request.word, RECORD_LOOK, err);
    if (result == 0) {
        result = report_one(&request, &record, err);
    }
    record_close(&record);
    return result;
}

const struct command report_command = {
    .name = "report",
    .synopsis = "[-o FILE] ID|FILE|--all",
    .summary = "write a run, or all runs, as one page of HTML",
    .options = options,
    .more = "FILE is a manifest or a bundle. The page loads nothing and needs no script.\n",
    .run = run,
};
