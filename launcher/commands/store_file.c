/* SPDX-License-Identifier: BSD-2-Clause
 * store_file: one environment as a file, and back: done by sciwrap-env, which reads and writes archives. */
#include <stddef.h>

#include "commands/store.h"

static const struct command_option export_options[] = {
    {"force", 'f', NULL, "replace FILE when it is there"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static const struct command_option import_options[] = {
    {"folder", 0, "DIR", "where the definition goes; ./envs otherwise"},
    {"name", 0, "NAME", "what the environment shall be called here"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static int run_export(int argc, char **argv, int *exit_code, struct err *err)
{
    *exit_code = 0;
    return command_hand_on(&store_export_command, "store-export", 2, 2, "one environment and one file have to be named",
                           argc, argv, err);
}

static int run_import(int argc, char **argv, int *exit_code, struct err *err)
{
    *exit_code = 0;
    return command_hand_on(&store_import_command, "store-import", 1, 1, "one file has to be named", argc, argv, err);
}

const struct command store_export_command = {
    .name = "store export",
    .synopsis = "[OPTION...] ENV FILE",
    .summary = "one environment as a file, for a host without a network",
    .options = export_options,
    .more = "The file is a tar, always the same bytes for the same environment, for\n"
            "'sciwrap store import' on a host without a network.\n",
    .run = run_export,
};

const struct command store_import_command = {
    .name = "store import",
    .synopsis = "[OPTION...] FILE",
    .summary = "bring an environment that 'export' wrote into the store",
    .options = import_options,
    .more = "Everything is checked against the digests that are pinned in its definition.\n",
    .run = run_import,
};
