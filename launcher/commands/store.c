/* SPDX-License-Identifier: BSD-2-Clause
 * store: what lies in the store, checked, cleaned up, carried elsewhere: the table of its subcommands. */
#include "commands/store.h"

#include <stddef.h>

#include "commands/table.h"

static const struct command *const subcommands[] = {
    &store_list_command,
    &store_verify_command,
    &store_gc_command,
    &store_du_command,
    &store_export_command,
    &store_import_command,
    NULL,
};
static const struct command_option options[] = {{0}};

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    return command_run_sub(&store_command, argc, argv, exit_code, err);
}

const struct command store_command = {
    .name = "store",
    .synopsis = "list|verify|gc|du|export|import [OPTION...]",
    .summary = "what lies in the store: list, check, clean up, export, import",
    .options = options,
    .options_first = true,
    .subcommands = subcommands,
    .run = run,
};
