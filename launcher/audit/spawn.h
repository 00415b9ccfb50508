/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spawn: a command that is started among the victims of an audit, with what they hand down, and what it answers.
 */
#pragma once

#include "audit/victims.h"
#include "base/buf.h"

/* Runs `program`, looked up in PATH when it has no '/', with the words as its arguments, in the victims' work directory
 * and to its end. What it wrote to standard output is appended to *answer; *ret_status is as waitpid(2) gives it. A
 * signal that asks this process to end is passed on meanwhile, so that the victims can be put away afterwards. */
int spawn(const struct victims *victims, enum victims_input input, const struct strlist *words, const char *program,
          int *ret_status, struct buf *answer, struct err *err);
