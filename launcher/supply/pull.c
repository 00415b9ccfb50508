/* SPDX-License-Identifier: BSD-2-Clause */
#include "supply/supply.h"

static int run(int argc, char **argv, struct err *err)
{
    (void)argc;
    return err_set(err, ERR_USAGE, "%s is being written", argv[0]);
}

const struct supply_command pull_command = {.name = "pull",
                                            .synopsis = "[--quiet|--verbose] [--offline] ENV...",
                                            .summary = "bring root file systems here",
                                            .run = run};
