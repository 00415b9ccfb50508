/* SPDX-License-Identifier: BSD-2-Clause
 * on_terminal: attempts to type into the terminal that the run was started from, which is descriptor 0. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/attempt.h"

/* A process types into the terminal of its session only: this one makes a session of its own with it. */
static bool take_terminal(struct finding *finding)
{
    if (!isatty(STDIN_FILENO)) {
        found(finding, OUTCOME_SKIPPED, "", "standard input is no terminal");
        return false;
    }
    setsid();
    (void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
    return true;
}

static void type(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char letter = 'x';
    (void)attempt;
    if (take_terminal(finding)) {
        found_by_call(scene, finding, ioctl(STDIN_FILENO, TIOCSTI, &letter));
    }
}

/* CVE-2019-10063: the kernel looks at 32 bits of the request, a filter must as well. */
static void type_wide(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char letter = 'x';
    (void)attempt;
    if (take_terminal(finding)) {
        found_by_call(scene, finding, syscall(SYS_ioctl, STDIN_FILENO, 0x12300000000UL | TIOCSTI, &letter));
    }
}

static void paste(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char request = 3; /* TIOCL_PASTESEL of <linux/tiocl.h> */
    (void)attempt;
    if (take_terminal(finding)) {
        found_by_call(scene, finding, ioctl(STDIN_FILENO, TIOCLINUX, &request));
    }
}

/* The discipline that it has already. */
static void discipline(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    int number = 0;
    (void)attempt;
    if (take_terminal(finding)) {
        found_by_call(scene, finding, ioctl(STDIN_FILENO, TIOCSETD, &number));
    }
}

/* On no terminal at all: refused by the filter before the kernel sees that there is none. */
static void console(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, ioctl(-1, TIOCCONS, 0));
}

const struct attempt attempts_on_terminal[] = {
    {.wall = "terminal", .name = "type", .text = "type into the caller's terminal (TIOCSTI)", .act = type},
    {.wall = "terminal", .name = "type-wide", .text = "the same by a 64-bit request", .act = type_wide},
    {.wall = "terminal", .name = "paste", .text = "paste into it (TIOCLINUX)", .act = paste},
    {.wall = "terminal", .name = "discipline", .text = "change its line discipline", .act = discipline},
    {.wall = "terminal", .name = "console", .text = "take the console's output", .act = console},
    {0},
};
