/* SPDX-License-Identifier: BSD-2-Clause
 * enter: one more command in a run that is going on, behind the same walls. */
#include "sandbox/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "sandbox/channel.h"
#include "sandbox/confine.h"
#include "sandbox/enter_share.h"
#include "sandbox/payload.h"
#include "sandbox/scope.h"
#include "sandbox/self_check.h"

enum { USER = 0, PID = 2 };

/* In the order of launch_result. */
static const struct {
    const char *name;
    int flag;
} kinds[LAUNCH_NAMESPACES] = {
    {"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},  {"pid", CLONE_NEWPID},       {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS},   {"net", CLONE_NEWNET}, {"cgroup", CLONE_NEWCGROUP},
};

struct entering {
    const struct plan *plan;
    struct share share;
    int space[LAUNCH_NAMESPACES]; /* -1: it is ours already */
    int owner;                    /* the user namespace that the others belong to */
    int stdio[3];
    pid_t feeder;
    int channel; /* the command's end; the other one is `outer` */
    int outer;
    bool foreground; /* of the terminal that is standard input */
};

static bool is_own(const char *name, const struct stat *st)
{
    char path[64];
    struct stat own;
    snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
    return stat(path, &own) == 0 && own.st_ino == st->st_ino && own.st_dev == st->st_dev;
}

static int open_spaces(struct entering *entering, const struct enter_target *target, struct err *err)
{
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        char path[64];
        struct stat st;
        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)target->process, kinds[i].name);
        auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0) {
            return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_HOST, errno,
                                 "the %s namespace of process %d of the run", kinds[i].name, (int)target->process);
        }
        if (target->namespace[i] != 0 && st.st_ino != target->namespace[i]) {
            return err_set(err, ERR_NOT_FOUND, "process %d is not of the run any more", (int)target->process);
        }
        if (!is_own(kinds[i].name, &st)) {
            entering->space[i] = steal_fd(&fd);
        }
    }
    if (entering->space[USER] < 0 || entering->space[PID] < 0) {
        return err_set(err, ERR_USAGE, "this is inside the run already");
    }
    entering->owner = ioctl(entering->space[PID], NS_GET_USERNS);
    if (entering->owner < 0) {
        return err_set_errno(err, ERR_HOST, errno, "find the user namespace of the run");
    }
    return 0;
}

static int join(int fd, int kind, struct err *err)
{
    if (setns(fd, kinds[kind].flag) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "join the %s namespace of the run", kinds[kind].name);
    }
    return 0;
}

static int join_spaces(struct entering *entering, struct err *err)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (join(entering->owner, USER, err) < 0) {
        return -1;
    }
    for (int i = LAUNCH_NAMESPACES - 1; i >= 0; i--) { /* the user namespace comes last */
        if (entering->space[i] >= 0 && join(entering->space[i], i, err) < 0) {
            return -1;
        }
    }
    /* Once more: where fs.suid_dumpable is 1, gaining the rights of a user namespace has undone it. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return 0;
}

static void die_with(int channel)
{
    struct pollfd hung = {.fd = channel};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (poll(&hung, 1, 0) > 0 && (hung.revents & POLLHUP) != 0) {
        _exit(125);
    }
}

/* What the caller has open, and what we do, is a way to the host: `/proc/self/fd/7/...` as the target of a link among
 * the files of the run leads there as long as it is open, whether or not it is closed on exec (CVE-2024-21626). */
static void close_rest(const struct entering *entering)
{
    const int *stdio = entering->stdio;
    int keep[] = {entering->channel, stdio[0], stdio[1], stdio[2]};
    payload_close_but(STDERR_FILENO + 1, keep, sizeof(keep) / sizeof(*keep));
}

static void become(const struct entering *entering) __attribute__((noreturn));
static void become(const struct entering *entering)
{
    static char bash[] = "/bin/bash";
    static char sh[] = "/bin/sh";
    struct err err = {0};
    struct plan plan = *entering->plan;
    char *shell[] = {bash, NULL};
    payload_scrub_arguments(); /* of this copy: /proc inside shows them */
    /* A process group of its own: `kill 0` inside would reach the caller's other processes else. */
    setpgid(0, 0);
    if (entering->foreground) {
        tcsetpgrp(STDIN_FILENO, getpgrp());
    }
    if (share_give(&entering->share, &err) == 0 && confine_rights(&err) == 0) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        close_rest(entering);
        die_with(entering->channel); /* after the change of rights, which clears it */
        if (plan.argv.count == 0) {
            shell[0] = access(bash, X_OK) == 0 ? bash : sh;
            plan.argv = (struct strlist){.item = shell, .count = 1, .capacity = 2};
        }
        if (plan.fixed_addresses) {
            personality(ADDR_NO_RANDOMIZE); /* where the host refuses it, it did so for the run */
        }
        if (plan.network_host) {
            scope_enter_sockets(); /* where the kernel has none, the run has none either */
        }
        /* Before 5.9 descriptors are closed one by one, up to a number (sandbox/payload.c). */
        if (self_check_descriptors(&err) == 0 && payload_enter_workdir(&plan, &err) == 0 &&
            confine_calls(&plan, &err) == 0) {
            (void)payload_become(&plan, entering->stdio, NULL, &err);
        }
    }
    struct message message = {.kind = MESSAGE_FAILED, .err = err};
    channel_send(entering->channel, &message, -1);
    _exit(err_exit_code(&err));
}

/* What the terminal driver sends goes to the command's process group, which is the foreground, or to both of us not at
 * all; a hang-up it tells only the leader of the session. */
static void pass_on(const siginfo_t *info, pid_t command)
{
    if (info->si_signo != SIGCHLD) {
        kill(command, info->si_signo);
    }
}

/* SIGTTOU is blocked. */
static void give_terminal(bool foreground, pid_t group)
{
    if (foreground && tcgetpgrp(STDIN_FILENO) != group) {
        tcsetpgrp(STDIN_FILENO, group);
    }
}

/* Until the command ends. Stops with it, so that the shell outside has its job control. */
static int watch(pid_t command, const sigset_t *signals, bool foreground)
{
    for (;;) {
        int status = 0;
        siginfo_t info;
        pid_t got = waitpid(command, &status, WNOHANG | WUNTRACED);
        if (got == command && !WIFSTOPPED(status)) {
            return status;
        }
        if (got == command) {
            give_terminal(foreground, getpgrp());
            raise(SIGSTOP);
            give_terminal(foreground, command);
            kill(-command, SIGCONT);
        } else if (sigwaitinfo(signals, &info) > 0) {
            pass_on(&info, command);
        }
    }
}

static void block_signals(sigset_t *ret_signals)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &normal, NULL); /* ignored, it would take the exit status away */
    sigfillset(ret_signals);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        sigdelset(ret_signals, faults[i]);
    }
    sigprocmask(SIG_SETMASK, ret_signals, NULL);
}

static int run_command(struct entering *entering, int *ret_wait_status, struct err *err)
{
    sigset_t signals;
    struct message message;
    entering->foreground = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
    block_signals(&signals);
    pid_t command = fork();
    if (command == 0) {
        become(entering);
    }
    if (command < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a process in the run");
    }
    close(entering->channel);
    entering->channel = -1;
    if (entering->stdio[STDIN_FILENO] >= 0) {
        close(entering->stdio[STDIN_FILENO]); /* the feeder shall see when the command reads no more */
        entering->stdio[STDIN_FILENO] = -1;
    }
    *ret_wait_status = watch(command, &signals, entering->foreground);
    give_terminal(entering->foreground, getpgrp());
    if (channel_receive(entering->outer, &message, NULL, false) > 0 && message.kind == MESSAGE_FAILED) {
        *err = message.err;
        return -1;
    }
    return 0;
}

static int prepare(struct entering *entering, const struct enter_target *target, struct err *err)
{
    int ends[2];
    if (open_spaces(entering, target, err) < 0 || share_take(&entering->share, target->process, err) < 0 ||
        share_stdio(entering->stdio, &entering->feeder, err) < 0 || channel_open(ends, err) < 0) {
        return -1;
    }
    entering->outer = ends[0];
    entering->channel = ends[1];
    return join_spaces(entering, err);
}

int enter_run(const struct plan *plan, const struct enter_target *target, int *ret_wait_status, struct err *err)
{
    struct entering entering = {.plan = plan, .owner = -1, .channel = -1, .outer = -1, .stdio = {-1, -1, -1}};
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        entering.space[i] = -1;
    }
    int result = prepare(&entering, target, err);
    if (result == 0) {
        result = run_command(&entering, ret_wait_status, err);
    }
    if (entering.feeder > 0) {
        kill(entering.feeder, SIGKILL);
        waitpid(entering.feeder, NULL, 0);
    }
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        if (entering.space[i] >= 0) {
            close(entering.space[i]);
        }
    }
    int rest[] = {entering.owner, entering.channel, entering.outer, entering.stdio[STDIN_FILENO]};
    for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++) {
        if (rest[i] >= 0) {
            close(rest[i]);
        }
    }
    share_release(&entering.share);
    return result;
}
