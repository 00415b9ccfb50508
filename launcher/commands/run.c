/* SPDX-License-Identifier: BSD-2-Clause
 * run: the environment's own command, with arguments appended. */
#include "commands/start.h"

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    return start_run(&run_command, START_RUN, argc, argv, exit_code, err);
}

const struct command run_command = {
    .name = "run",
    .synopsis = "[OPTION...] ENV [ARG...]",
    .summary = "run the environment's own command, with arguments appended",
    .options = start_options,
    .options_first = true,
    .more = "Exit status: that of the command; 128+n after signal n; 125 sciwrap failed; 126\n"
            "the command cannot be executed; 127 it is not in the environment.\n",
    .run = run,
};
