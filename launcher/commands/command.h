/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command: what a subcommand is, and how its options are read. Help, the reader and the suggestions all come from the
 * same table, so that they cannot disagree.
 *
 * A new subcommand: its own file here, one line in the table of main.c and in its map, one line in CMakeLists.txt, a
 * test file in tests/cli, a manual docs/man/sciwrap-NAME.1 and its line in docs/man/sciwrap.1.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct command_option {
    const char *name;     /* "bind" for --bind */
    char letter;          /* 'q' for -q, or 0 */
    const char *argument; /* "SRC[:DST][:ro|rw]", NULL when the option takes none */
    const char *help;     /* one line */
};

struct command {
    const char *name;
    const char *synopsis;                 /* "[OPTION...] ENV [ARG...]" */
    const char *summary;                  /* one line */
    const struct command_option *options; /* ends in {NULL}; NULL for a command of the helper, which knows them */
    const char *more;                     /* text under the options in the command's help, or NULL */
    /* argv[0] is the command's name. 0 with *exit_code set, or -1 with *err set. */
    int (*run)(int argc, char **argv, int *exit_code, struct err *err);
};

extern const struct command run_command;
extern const struct command exec_command;
extern const struct command shell_command;
extern const struct command pull_command;
extern const struct command pin_command;
extern const struct command build_command;
extern const struct command lock_command;
extern const struct command envs_command;
extern const struct command runs_command;
extern const struct command show_command;
extern const struct command rerun_command;
extern const struct command bundle_command;
extern const struct command whence_command;
extern const struct command diff_command;
extern const struct command cite_command;
extern const struct command ps_command;
extern const struct command whois_command;
extern const struct command enter_command;
extern const struct command stop_command;
extern const struct command doctor_command;
extern const struct command audit_command;
extern const struct command store_command;
extern const struct command remove_command;
extern const struct command config_command;
extern const struct command init_command;

/* Reading the options of a command, one after the other:
 *
 *     struct option_reader reader = option_reader_of(&command, argc, argv);
 *     while ((option = option_next(&reader, err)) >= 0) { ... the row of command->options ... }
 *     OPTION_END: argv[reader.at] is the first word that is none; OPTION_ERROR: *err is set.
 *
 * It stops at the first word that is not an option, and at "--", so that what follows ENV stays the command's. */
enum { OPTION_END = -1, OPTION_ERROR = -2 };

struct option_reader {
    const struct command *command;
    int argc;
    char **argv;
    int at;
    int letter;        /* place within a group of letters, as in -qv */
    const char *value; /* of the option just read; NULL when it takes none */
};

struct option_reader option_reader_of(const struct command *command, int argc, char **argv);
int option_next(struct option_reader *reader, struct err *err);

/* The quiet and verbose rows that most commands share: true when `name` was one of them and has been acted on. */
bool option_is_level(const char *name);

void command_print_help(const struct command *command);
/* An ERR_USAGE error that points to the command's help. */
int command_usage_error(const struct command *command, struct err *err, const char *problem);
