/* SPDX-License-Identifier: BSD-2-Clause
 *
 * running_show: a run that is going on, for people and for programs, on standard output. Its texts are claims of the
 * process that announces it: they are escaped and cut.
 */
#pragma once

#include "base/doc.h"
#include "run/running.h"

/* The name of a user, or his number; caller frees. */
char *running_user(uid_t uid);

struct doc *running_doc(const struct running *run);
/* Each process of the run with its numbers on the host and inside. */
struct doc *running_processes_doc(const struct running_list *list, const struct running *run);

/* Lines of key and value. */
void running_print(const struct running *run);
/* The tree of its processes; the line of `marked` (0: none) is marked. */
void running_print_processes(const struct running_list *list, const struct running *run, pid_t marked);
