/* SPDX-License-Identifier: BSD-2-Clause
 *
 * supply: the subcommands of sciwrap-env, the helper that fetches, checks, unpacks and builds. It is private to
 * sciwrap, which starts it for the commands of the same names and when a run finds its root file system missing.
 *
 * A new subcommand: its own file here, one line in the table of main.c, one line in CMakeLists.txt.
 */
#pragma once

#include "base/err.h"

struct supply_command {
    const char *name;
    const char *synopsis; /* "[--quiet] ENV..." */
    const char *summary;  /* one line for --help */
    /* argv[0] is the subcommand's name. 0, or -1 with *err set; what a person should read goes through log_* or
     * standard output. */
    int (*run)(int argc, char **argv, struct err *err);
};

extern const struct supply_command pull_command;
extern const struct supply_command pin_command;
extern const struct supply_command build_command;
extern const struct supply_command lock_command;
extern const struct supply_command bundle_write_command;
extern const struct supply_command bundle_read_command;
extern const struct supply_command export_command;
extern const struct supply_command import_command;
