/* SPDX-License-Identifier: BSD-2-Clause
 * signals: what is sent to the launcher while a command runs. */
#include "sandbox/signals.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

static sigset_t all_but(const int *signals, size_t count)
{
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < count; i++) {
        sigdelset(&set, signals[i]);
    }
    return set;
}

/* Faults of our own stay fatal; everything else waits until the loop reads it. */
int signals_catch(sigset_t *ret_old_mask, struct err *err)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigset_t caught = all_but(faults, sizeof(faults) / sizeof(*faults));
    /* An ignored SIGCHLD, as some batch systems hand down, would take the exit status away. */
    struct sigaction normal = {.sa_handler = SIG_DFL};
    /* Not caught, a signal would end the launcher, and the end of the command would never be told to init, which
     * inherits the mask. */
    int fd = -1;
    if (sigaction(SIGCHLD, &normal, NULL) == 0 && sigprocmask(SIG_SETMASK, &caught, ret_old_mask) == 0) {
        fd = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "watch for signals");
    }
    return fd;
}

void signals_hold(struct signals_held *ret_held, const sigset_t *before, bool all)
{
    /* From SIGTSTP on they are the job control of a shell. */
    static const int free[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGTRAP, SIGABRT,
                               SIGSYS,  SIGTSTP, SIGTTIN, SIGTTOU, SIGINT,  SIGQUIT};
    const size_t count = sizeof(free) / sizeof(*free);
    sigset_t held = all_but(free, all ? count - 2 : count);
    *ret_held = (struct signals_held){.before = *before, .held = true};
    sigorset(&held, &held, before);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

void signals_let_go(struct signals_held *held)
{
    if (held->held) {
        sigprocmask(SIG_SETMASK, &held->before, NULL);
    }
    held->held = false;
}

bool signals_told_meanwhile(void)
{
    const struct timespec now = {0};
    siginfo_t info = {0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    return sigtimedwait(&set, &info, &now) == SIGTERM && info.si_code == SI_USER &&
           (info.si_uid == 0 || info.si_pid == 0); /* ending_is_from_above() */
}

bool signals_is_own(const struct signalfd_siginfo *info)
{
    return (info->ssi_signo == SIGPIPE || info->ssi_signo == SIGXFSZ) && info->ssi_pid == (uint32_t)getpid();
}

bool signals_reached_command(const struct signalfd_siginfo *info)
{
    if (info->ssi_code != SI_KERNEL) {
        return false;
    }
    switch (info->ssi_signo) {
    case SIGINT:
    case SIGQUIT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGHUP:
    case SIGCONT:
    case SIGWINCH:
        return true;
    default:
        return false;
    }
}

bool signals_reached_all(int signal)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    siginfo_t info = {0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return sigtimedwait(&set, &info, &moment) == signal && info.si_code == SI_USER && info.si_pid == 0;
}
