/* SPDX-License-Identifier: BSD-2-Clause
 * build: an artifact from its recipe, and the lock that says which packages that means: the helper's. */
#include <stddef.h>

#include "commands/command.h"

static const struct command_option build_options[] = {
    {"mirror", 0, "URL", "look there first for package files (repeatable)"},
    {"output", 'o', "FILE", "write the tar to FILE too, not only to the store"},
    {"compress", 0, NULL, "write FILE.zst, or else RECIPE.tar.zst"},
    {"jobs", 'j', "N", "read N packages at once (as many as CPUs)"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static const struct command_option lock_options[] = {
    {"mirror", 0, "URL", "look there first (repeatable)"},
    {"snapshot", 0, "TIME", "as of then, as 20240901T083152Z"},
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static int run_build(int argc, char **argv, int *exit_code, struct err *err)
{
    *exit_code = 0;
    return command_hand_on(&build_command, "build", 1, argc, "no recipe named", argc, argv, err);
}

static int run_lock(int argc, char **argv, int *exit_code, struct err *err)
{
    *exit_code = 0;
    return command_hand_on(&lock_command, "lock", 1, argc, "no recipe named", argc, argv, err);
}

const struct command build_command = {
    .name = "build",
    .synopsis = "[OPTION...] RECIPE...",
    .summary = "make an artifact from its recipe and check it against its pin",
    .options = build_options,
    .more = "The pin is that of the definition that names the recipe.\n",
    .run = run_build,
};

const struct command lock_command = {
    .name = "lock",
    .synopsis = "[OPTION...] RECIPE...",
    .summary = "resolve a recipe's packages and pin each by its digest",
    .options = lock_options,
    .more = "It asks the apt of this Debian host, in a private root, and writes RECIPE.lock.\n",
    .run = run_lock,
};
