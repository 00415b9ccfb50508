/* SPDX-License-Identifier: BSD-2-Clause
 * terminal: the terminal that a run was started from, handed back as it was. */
#include "sandbox/terminal.h"

#include <signal.h>
#include <unistd.h>

void terminal_save(struct terminal *terminal)
{
    terminal->fd = -1;
    if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
        tcgetattr(STDIN_FILENO, &terminal->modes) == 0) {
        terminal->fd = STDIN_FILENO;
    }
}

void terminal_restore(const struct terminal *terminal, bool with_modes)
{
    if (terminal->fd < 0) {
        return;
    }
    if (tcgetpgrp(terminal->fd) != getpgrp()) {
        tcsetpgrp(terminal->fd, getpgrp());
    }
    if (with_modes) {
        tcsetattr(terminal->fd, TCSADRAIN, &terminal->modes);
    }
}

void terminal_stop_along(const struct terminal *terminal)
{
    struct termios inner;
    int fd = terminal->fd;
    bool have = fd >= 0 && tcgetattr(fd, &inner) == 0;
    pid_t foreground = fd >= 0 ? tcgetpgrp(fd) : -1;
    terminal_restore(terminal, true);
    raise(SIGSTOP);
    if (have) {
        tcsetattr(fd, TCSADRAIN, &inner);
        if (foreground > 0 && foreground != getpgrp()) {
            tcsetpgrp(fd, foreground);
        }
    }
}
