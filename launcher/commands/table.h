/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table: all commands, in the order in which help shows them.
 */
#pragma once

#include "commands/command.h"

struct command_group {
    const char *title;
    const struct command *command[16]; /* ends in NULL */
};

extern const struct command_group command_groups[]; /* ends in {NULL} */

/* NULL with *err set, which says what may have been meant. */
const struct command *command_find(const char *name, struct err *err);
/* "list" of "store". */
const struct command *command_find_sub(const struct command *command, const char *word, struct err *err);
/* The last word of its name: "list" of "store list". */
const char *command_word(const struct command *command);
/* Carries out a command that is nothing but its subcommands: `sciwrap store list ...`. */
int command_run_sub(const struct command *command, int argc, char **argv, int *exit_code, struct err *err);
