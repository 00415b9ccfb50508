/* SPDX-License-Identifier: BSD-2-Clause
 * exec: any command inside an environment. */
#include "commands/start.h"

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    return start_run(&exec_command, START_EXEC, argc, argv, exit_code, err);
}

const struct command exec_command = {
    .name = "exec",
    .synopsis = "[OPTION...] ENV CMD [ARG...]",
    .summary = "run any command inside the environment",
    .options = start_options,
    .options_first = true,
    .more = "Exit status: as of 'sciwrap run'.\n",
    .run = run,
};
