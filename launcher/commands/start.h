/* SPDX-License-Identifier: BSD-2-Clause
 *
 * start: what run, exec and shell share: from the words of the command line to a run and its record.
 */
#pragma once

#include "commands/command.h"
#include "env/store.h"

enum start_kind { START_RUN, START_EXEC, START_SHELL };

extern const struct command_option start_options[];

int start_run(const struct command *command, enum start_kind kind, int argc, char **argv, int *exit_code,
              struct err *err);

/* The tree of an artifact; brought with the definition `name` when the store does not have it. */
int start_find_tree(const char *name, const struct digest *artifact, struct store_tree *ret_tree, struct err *err);
