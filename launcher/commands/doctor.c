/* SPDX-License-Identifier: BSD-2-Clause
 * doctor: what this host allows, step by step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/command.h"
#include "run/devices_seen.h"
#include "sandbox/host.h"

static const struct command_option options[] = {{0}};

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

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    static struct host_check checks[HOST_CHECKS_MOST]; /* too large for a stack frame */
    if (argc > 1) {
        struct option_reader reader = option_reader_of(&doctor_command, argc, argv);
        return option_next(&reader, err) == OPTION_ERROR
                   ? -1
                   : command_usage_error(&doctor_command, err, "takes no arguments");
    }
    const char *proc = getenv("SCIWRAP_PROC");
    int count = host_check_all(proc != NULL && strcmp(proc, "shared") == 0, checks);
    *exit_code = 0;
    for (int i = 0; i < count; i++) {
        printf("%-9s %s: %s\n", verdict_word(checks[i].verdict), checks[i].name, checks[i].detail);
        if (checks[i].verdict == HOST_MISSING) {
            *exit_code = 1;
        }
    }
    struct strlist lines = {0};
    bool found = devices_seen(&lines);
    for (size_t i = 0; i < lines.count; i++) {
        char escaped[4096];
        text_escape(escaped, sizeof(escaped), lines.item[i], strlen(lines.item[i]));
        printf("%-9s %s\n", found && i == 0 ? "ok" : "optional", escaped);
    }
    strlist_release(&lines);
    return 0;
}

const struct command doctor_command = {
    .name = "doctor",
    .synopsis = "",
    .summary = "check what this host allows, and name the fix for what it does not",
    .options = options,
    .more = "Exit status: 0 everything that is needed is there; 1 something is missing.\n",
    .run = run,
};
