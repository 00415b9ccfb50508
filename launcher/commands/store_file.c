/* SPDX-License-Identifier: BSD-2-Clause
 * store_file: one environment as a file, and back: done by sciwrap-env, which reads and writes archives. */
#include <string.h>

#include "base/auto.h"
#include "base/strlist.h"
#include "commands/store.h"
#include "commands/supply.h"

static const struct command_option export_options[] = {
    {"force", 'f', NULL, "replace FILE when it is there"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static const struct command_option import_options[] = {
    {"folder", 0, "DIR", "where the definition goes; ./envs otherwise"},
    {"name", 0, "NAME", "what the environment shall be called here"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* Options are checked here, where their help is, and handed on as they are. */
static int hand_on(const struct command *command, char *helper, int operands, const char *wanted, int argc, char **argv,
                   struct err *err)
{
    int option;
    struct strlist words = {0};
    struct option_reader reader = option_reader_of(command, argc, argv);
    strlist_add(&words, helper);
    while ((option = option_next(&reader, err)) >= 0) {
        strlist_addf(&words, "--%s", command->options[option].name);
        if (reader.value != NULL) {
            strlist_add(&words, reader.value);
        }
    }
    int result = option == OPTION_ERROR         ? -1
                 : argc - reader.at != operands ? command_usage_error(command, err, wanted)
                                                : 0;
    strlist_add(&words, "--");
    for (int i = reader.at; i < argc; i++) {
        strlist_add(&words, argv[i]);
    }
    if (result == 0) {
        result = supply_become(strlist_items(&words), err);
    }
    strlist_release(&words);
    return result;
}

static int run_export(int argc, char **argv, int *exit_code, struct err *err)
{
    char helper[] = "store-export";
    *exit_code = 0;
    return hand_on(&store_export_command, helper, 2, "one environment and one file have to be named", argc, argv, err);
}

static int run_import(int argc, char **argv, int *exit_code, struct err *err)
{
    char helper[] = "store-import";
    *exit_code = 0;
    return hand_on(&store_import_command, helper, 1, "one file has to be named", argc, argv, err);
}

const struct command store_export_command = {
    .name = "store export",
    .synopsis = "[OPTION...] ENV FILE",
    .summary = "Write an environment, its definition and its pinned artifact, to one file.",
    .options = export_options,
    .more = "The file is a tar, always the same bytes for the same environment, for\n"
            "'sciwrap store import' on a host without a network.\n",
    .run = run_export,
};

const struct command store_import_command = {
    .name = "store import",
    .synopsis = "[OPTION...] FILE",
    .summary = "Bring an environment that 'sciwrap store export' wrote into the store.",
    .options = import_options,
    .more = "Everything is checked against the digests that are pinned in its definition.\n",
    .run = run_import,
};
