/* SPDX-License-Identifier: BSD-2-Clause
 * cite: the facts of a run that a methods section needs. */
#include "publish/cite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/records.h"

static const struct command_option options[] = {
    {"format", 0, "text|markdown|latex|bibtex|csl-json", "a paragraph, or references (text)"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static int read_line(int argc, char **argv, const char **ret_word, enum cite_form *ret_form, struct err *err)
{
    struct option_reader reader = option_reader_of(&cite_command, argc, argv);
    while (reader.at < argc) {
        int option = option_next(&reader, err);
        if (option == OPTION_ERROR) {
            return -1;
        }
        if (option >= 0 && reader.value != NULL) {
            (void)cite_form_from_name(reader.value, ret_form); /* the table has the same words */
        } else if (option >= 0) {
            (void)option_is_level(options[option].name);
        } else if (reader.at < argc && *ret_word == NULL) {
            *ret_word = argv[reader.at++];
        } else if (reader.at < argc) {
            return command_usage_error(&cite_command, err, "takes one run");
        }
    }
    return *ret_word != NULL ? 0 : command_usage_error(&cite_command, err, COMMAND_NO_RUN);
}

/* The runs of this project, among which the reruns are. What is wrong with other records is of no interest here. */
static int load_catalog(struct catalog *catalog, struct err *err)
{
    struct project project = {.runs_fd = -1};
    auto_free char *cwd = fs_current_dir();
    if (cwd == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "the current directory cannot be used");
    }
    int result = project_find(&project, cwd) > 0 ? catalog_load(catalog, &project, err) : 0;
    project_close(&project);
    return result;
}

static int tell(const char *path, enum cite_form form, struct err *err)
{
    struct cite cite = {0};
    struct catalog catalog = {0};
    int result = load_catalog(&catalog, err) < 0 ? -1 : cite_gather(&cite, path, &catalog, err);
    if (result == 0) {
        for (size_t i = 0; i < cite.notes.count; i++) {
            log_warn("%s", cite.notes.item[i]);
        }
        auto_free char *text = cite_format(&cite, form);
        fputs(text, stdout);
        cite_release(&cite);
    }
    catalog_release(&catalog);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    const char *word = NULL;
    enum cite_form form = CITE_TEXT;
    *exit_code = 0;
    if (read_line(argc, argv, &word, &form, err) < 0) {
        return -1;
    }
    struct record record;
    int result = record_open(&record, word, RECORD_LOOK, err);
    if (result == 0) {
        result = tell(record.path, form, err);
    }
    record_close(&record);
    return result;
}

const struct command cite_command = {
    .name = "cite",
    .synopsis = "[OPTION...] ID|FILE",
    .summary = "what a methods section needs to say of a run",
    .options = options,
    .more = "bibtex and csl-json give entries for a list of references.\n",
    .run = run,
};
