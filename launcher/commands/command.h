/* SPDX-License-Identifier: BSD-2-Clause
 *
 * command: what a subcommand is, and how its options are read. Help, the reader, the suggestions and what a shell
 * completes all come from the same table, so that they cannot disagree.
 *
 * A new subcommand: its own file here, its place in the table of table.c, a line in the map of main.c and in
 * CMakeLists.txt, a test file in tests/cli, a manual docs/man/sciwrap-NAME.1 and its line in docs/man/sciwrap.1.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

struct command_option {
    const char *name;     /* "bind" for --bind */
    char letter;          /* 'q' for -q, or 0 */
    const char *argument; /* "SRC[:DST][:ro|rw]", "none|host" (these words only); NULL when the option takes none */
    const char *help;     /* one line; NULL for an option that sciwrap gives itself */
};

struct command {
    const char *name;
    const char *synopsis;                 /* "[OPTION...] ENV [ARG...]"; what a shell completes goes by these words */
    const char *summary;                  /* one line */
    const struct command_option *options; /* ends in {NULL} */
    const char *more;                     /* text under the options in the command's help, or NULL */
    bool options_first;                   /* they end at the first word that is none: what follows is a program's own */
    const struct command *const *subcommands; /* ends in NULL, or NULL; named "store list" */
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
extern const struct command submit_command;
extern const struct command runs_command;
extern const struct command show_command;
extern const struct command rerun_command;
extern const struct command bundle_command;
extern const struct command whence_command;
extern const struct command diff_command;
extern const struct command cite_command;
extern const struct command report_command;
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
 * Options may stand behind other words, as `sciwrap show ID --json`: argv is put in order. With options_first it stops
 * at the first word that is no option. "--" ends them in any case. --help prints the help of the command: OPTION_ERROR
 * without an error in *err. */
enum { OPTION_END = -1, OPTION_ERROR = -2 };

struct option_reader {
    const struct command *command;
    int argc;
    char **argv;
    int at;
    int passed;        /* words from `at` on that are no options */
    bool ended;        /* all that follows are no options */
    int letter;        /* place within a group of letters, as in -qv */
    const char *value; /* of the option just read; NULL when it takes none */
};

struct option_reader option_reader_of(const struct command *command, int argc, char **argv);
int option_next(struct option_reader *reader, struct err *err);

/* "none", "host" of an argument "none|host"; no words when it is not a choice of words. Caller releases. */
void option_choices(const char *argument, struct strlist *ret_words);

/* The quiet and verbose rows that most commands share: true when `name` was one of them and has been acted on. */
bool option_is_level(const char *name);

/* For commands that the helper carries out: reads and checks the options here, where their help is, then becomes
 * `sciwrap-env HELPER OPTION... -- WORD...`. From `least` to `most` other words; `wanted` says so. */
int command_hand_on(const struct command *command, const char *helper, int least, int most, const char *wanted,
                    int argc, char **argv, struct err *err);

/* What is missing on the command line, and where it is found. */
#define COMMAND_NO_RUN         "no run named; 'sciwrap runs' lists those that are recorded here"
#define COMMAND_NO_GOING       "no run named; 'sciwrap ps' lists those that are going on"
#define COMMAND_NO_ENVIRONMENT "no environment named; 'sciwrap envs' lists those that are known"

/* An ERR_USAGE error that points to the command's help. */
int command_usage_error(const struct command *command, struct err *err, const char *problem);
