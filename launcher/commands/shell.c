/* SPDX-License-Identifier: BSD-2-Clause
 * shell: look around inside an environment. */
#include "commands/start.h"

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    return start_run(&shell_command, START_SHELL, argc, argv, exit_code, err);
}

const struct command shell_command = {
    .name = "shell",
    .synopsis = "[OPTION...] ENV",
    .summary = "start a shell inside the environment",
    .options = start_options,
    .options_first = true,
    .run = run,
};
