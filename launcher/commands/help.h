/* SPDX-License-Identifier: BSD-2-Clause
 *
 * help: what `sciwrap --help`, `sciwrap COMMAND --help` and `sciwrap help COMMAND` show. On standard output.
 */
#pragma once

#include "commands/command.h"

/* All commands, by what they are for. */
void help_print(void);
void help_print_command(const struct command *command);
/* The manual of what is named, a command or the name of a file format, where there is man(1) and the manual; else the
 * help of the command. The overview without a name. */
int help_open(int argc, char **argv, struct err *err);
