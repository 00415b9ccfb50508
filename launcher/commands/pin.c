/* SPDX-License-Identifier: BSD-2-Clause
 * sciwrap pin: the helper's, which fetches what is to be pinned. */
#include "commands/command.h"
#include "commands/supply.h"

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    (void)argc;
    (void)exit_code;
    return supply_become(argv, err);
}

const struct command pin_command = {
    .name = "pin",
    .synopsis = "[OPTION...] NAME SOURCE",
    .summary = "write an environment's definition, with the digest of SOURCE in it",
    .run = run,
};
