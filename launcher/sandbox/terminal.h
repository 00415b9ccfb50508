/* SPDX-License-Identifier: BSD-2-Clause
 *
 * terminal: the terminal that a run was started from, handed back as it was. A shell or an editor inside changes modes
 * and makes a process group of its own the foreground; that group is gone after the run. SIGTTOU must be blocked.
 */
#pragma once

#include <stdbool.h>
#include <termios.h>

struct terminal {
    int fd; /* -1 when standard input is none, or we are not its foreground */
    struct termios modes;
};

void terminal_save(struct terminal *terminal);
/* The foreground is ours again; `with_modes`: the modes are those that were saved, too. */
void terminal_restore(const struct terminal *terminal, bool with_modes);
/* Stops this process, as the command inside has stopped, with the terminal as the shell outside expects it; when that
 * shell lets us go on, the terminal is as the command had it. */
void terminal_stop_along(const struct terminal *terminal);
