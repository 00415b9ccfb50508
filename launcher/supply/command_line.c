/* SPDX-License-Identifier: BSD-2-Clause
 * command_line: the options of a subcommand of sciwrap-env. */
#include "supply/command_line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"

static int take(const struct command_line *line, void *into, int letter, bool *help, struct err *err)
{
    switch (letter) {
    case 'q':
        log_set_level(LOG_QUIET);
        return 0;
    case 'v':
        log_set_level(LOG_VERBOSE);
        return 0;
    case 'h':
        *help = true;
        return 0;
    case '?':
        return err_set(err, ERR_USAGE, "%s: unknown option or missing value: see 'sciwrap %s --help'", line->name,
                       line->name);
    default:
        return line->take(into, letter, err);
    }
}

int command_line_read(const struct command_line *line, void *into, int argc, char **argv, struct err *err)
{
    bool help = false;
    opterr = 0;
    optind = 1;
    for (int letter; (letter = getopt_long(argc, argv, line->letters, line->options, NULL)) != -1;) {
        if (take(line, into, letter, &help, err) < 0) {
            return -1;
        }
    }
    if (help) {
        fputs(line->usage, stdout);
        return 0;
    }
    if (optind >= argc) {
        return err_set(err, ERR_USAGE, "%s: no %s named: see 'sciwrap %s --help'", line->name, line->operand,
                       line->name);
    }
    return 1;
}

int command_line_tell(struct doc *doc, struct err *err)
{
    auto_free char *text = doc_print(doc);
    fputs(text, stdout);
    doc_free(doc);
    return fflush(stdout) == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "write to standard output");
}
