/* SPDX-License-Identifier: BSD-2-Clause
 * doctor: what this host allows, step by step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/colour.h"
#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "commands/command.h"
#include "commands/tell.h"
#include "run/devices_seen.h"
#include "sandbox/host.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "only what is missing"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static const char *verdict_word(enum host_verdict verdict)
{
    switch (verdict) {
    case HOST_OK:
        return "ok";
    case HOST_MISSING:
        return "missing";
    case HOST_OPTIONAL_MISSING:
        return "optional";
    }
    return "?";
}

static void print_line(enum host_verdict verdict, const char *text)
{
    enum { WORD = 9 };
    static const enum colour colours[] = {
        [HOST_OK] = COLOUR_GOOD, [HOST_MISSING] = COLOUR_BAD, [HOST_OPTIONAL_MISSING] = COLOUR_NOTE};
    if (log_get_level() > LOG_QUIET || verdict == HOST_MISSING) {
        printf("%s%-*s%s ", colour_on(STDOUT_FILENO, colours[verdict]), WORD, verdict_word(verdict),
               colour_off(STDOUT_FILENO));
        tell_rest(WORD + 1, text);
    }
}

static void print_checks(const struct host_check *checks, int count, const struct strlist *devices, bool found)
{
    for (int i = 0; i < count; i++) {
        auto_free char *text = xasprintf("%s: %s", checks[i].name, checks[i].detail);
        print_line(checks[i].verdict, text);
    }
    for (size_t i = 0; i < devices->count; i++) {
        print_line(found && i == 0 ? HOST_OK : HOST_OPTIONAL_MISSING, devices->item[i]);
    }
}

static void print_json(const struct host_check *checks, int count, const struct strlist *devices)
{
    struct doc *top = doc_object();
    struct doc *array = doc_array();
    for (int i = 0; i < count; i++) {
        struct doc *check = doc_object();
        doc_put_text(check, "name", checks[i].name);
        doc_put_text(check, "verdict", verdict_word(checks[i].verdict));
        doc_put_text(check, "detail", checks[i].detail);
        doc_append(array, check);
    }
    doc_put(top, "checks", array);
    doc_put_texts(top, "devices", devices);
    tell_json(top);
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    static struct host_check checks[HOST_CHECKS_MOST]; /* too large for a stack frame */
    int option;
    bool json = false;
    struct option_reader reader = option_reader_of(&doctor_command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        json |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at < argc) {
        return command_usage_error(&doctor_command, err, "takes no arguments");
    }
    const char *proc = getenv("SCIWRAP_PROC");
    int count = host_check_all(proc != NULL && strcmp(proc, "shared") == 0, checks);
    *exit_code = 0;
    for (int i = 0; i < count; i++) {
        *exit_code = checks[i].verdict == HOST_MISSING ? 1 : *exit_code;
    }
    struct strlist lines = {0};
    bool found = devices_seen(&lines);
    if (json) {
        print_json(checks, count, &lines);
    } else {
        print_checks(checks, count, &lines, found);
    }
    strlist_release(&lines);
    return 0;
}

const struct command doctor_command = {
    .name = "doctor",
    .synopsis = "[OPTION...]",
    .summary = "check what this host allows, and name the fix for what it does not",
    .options = options,
    .more = "Exit status: 0 everything that is needed is there; 1 something is missing.\n",
    .run = run,
};
