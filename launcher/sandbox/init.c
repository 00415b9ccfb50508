/* SPDX-License-Identifier: BSD-2-Clause
 * init: the first process inside.
 *
 * Theory of operation. Each stage says what must already have happened.
 *
 * 1. Identity. The process was created in a new user namespace, which gives it the right to do all that follows, and in
 * the others at the same time. It maps its uid to 0 there: devpts refuses to mount unless 0 is mapped.
 * 2. Root. root_enter(): afterwards no path leads to the host.
 * 3. Names and network. The host name, and the network namespace that a child of ours has made since stage 1, need the
 *    rights of stage 1.
 * 4. Second identity. A second user namespace, in which the uid is what the plan says. It owns none of the namespaces
 * of stage 1, so even all its capabilities could change no mount. Beforehand the first one is told that it may have no
 * more children.
 * 5. No rights. Every capability set is emptied, no-new-privileges is set, the process is made undumpable: the
 *    command has the same uid and must not be able to trace PID 1 or read its memory, which is the launcher's.
 *    Then self_check.h looks whether all of this is so: a step that only said that it succeeded would leave a wall out.
 * 6. The work directory and the personality, which the command inherits; the scope; the system call filter, after
 * everything that needs more than it allows; then the command is started (payload.c).
 * 7. PID 1 lets go of everything but the channel. When the launcher dies, the kernel kills PID 1 (PR_SET_PDEATHSIG; an
 * end of file on the channel covers the moment before it was set), and with PID 1 every process of the namespace.
 */
#include "sandbox/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/channel.h"
#include "sandbox/confine.h"
#include "sandbox/cores.h"
#include "sandbox/filter.h"
#include "sandbox/host.h"
#include "sandbox/identity.h"
#include "sandbox/join.h"
#include "sandbox/network.h"
#include "sandbox/payload.h"
#include "sandbox/root.h"
#include "sandbox/scope.h"
#include "sandbox/self_check.h"
#include "sandbox/signals.h"
#include "sandbox/stdio.h"

enum { NET = 5 };

static const char *const namespace_names[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};

static void die_with_launcher(const struct init_context *context)
{
    struct pollfd hung = {.fd = context->channel};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (poll(&hung, 1, 0) > 0 && (hung.revents & POLLHUP) != 0) {
        _exit(125);
    }
}

/* One more user namespace below this one, and none below that: nested ones are the kernel's widest attack surface. */
static int forbid_more_namespaces(void)
{
    auto_fd int fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
    /* Refused on some hosts (a read-only /proc/sys in a container): the filter forbids the calls as well. */
    return fd >= 0 && write(fd, "1", 1) == 1 ? 0 : -1;
}

static int take_second_identity(const struct plan *plan, struct err *err)
{
    if (!plan->nested) {
        (void)forbid_more_namespaces();
    }
    if (unshare(CLONE_NEWUSER) < 0) {
        return host_explain(err, "create the second user namespace", errno);
    }
    return identity_map(plan->inner_uid, 0, plan->inner_gid, 0, err);
}

/* What the caller had open is of no use here, and a way back to the host. */
static void close_inherited(const struct init_context *context)
{
    const int *stdio = context->company->stdio;
    int own[] = {context->channel, stdio[0], stdio[1], stdio[2]};
    size_t count = sizeof(own) / sizeof(*own);
    int *keep = xcalloc(count + join_count_kept(context->company->ranks), sizeof(*keep));
    memcpy(keep, own, sizeof(own));
    count += join_keep(context->company->ranks, keep + count);
    payload_close_but(STDERR_FILENO + 1, keep, count);
    free(keep);
}

static int furnish(const struct init_context *context, const struct view *view, struct strlist *covered,
                   bool *ret_shared_proc, struct stdio *ret_stdio, struct err *err)
{
    if (stdio_find(ret_stdio, context->company->stdio, err) < 0 ||
        root_enter(context->plan, ret_stdio, view, covered, ret_shared_proc, err) < 0) {
        return -1;
    }
    return context->limits != NULL ? limits_bound_files(context->plan, err) : 0;
}

static int build(const struct init_context *context, struct strlist *covered, bool *ret_shared_proc, struct err *err)
{
    const struct plan *plan = context->plan;
    umask(0); /* modes are given in full; the command gets that of the plan */
    struct network_making network = {0};
    struct stdio stdio;
    struct view view;
    view_gather(&view, context->outer_uid == 0, context->limits);
    view.bare = plan->nested;
    if (identity_map(0, context->outer_uid, 0, context->outer_gid, err) < 0 ||
        (!plan->network_host && network_begin(&network, err) < 0)) {
        return -1;
    }
    if (furnish(context, &view, covered, ret_shared_proc, &stdio, err) < 0) {
        /* readdir(3) tells of failures by errno alone, which the child's failure is in as well: that is told then. */
        struct err cause = {0};
        if (!plan->network_host && network_join(&network, &cause) < 0) {
            *err = cause;
        }
        return -1;
    }
    if (stdio.guarded[STDIN_FILENO]) {
        struct message message = {.kind = MESSAGE_STDIN};
        channel_send(context->channel, &message, STDIN_FILENO);
    }
    struct utsname names;
    if (sethostname(plan->hostname, strlen(plan->hostname)) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "set the host name");
    }
    if (uname(&names) < 0 || strcmp(names.nodename, plan->hostname) != 0) {
        return err_set(err, ERR_HOST, "the host name that was set is not in force");
    }
    if (!plan->network_host && network_join(&network, err) < 0) {
        return -1;
    }
    return take_second_identity(plan, err);
}

static void note_namespaces(struct message *message)
{
    for (size_t i = 0; i < LAUNCH_NAMESPACES; i++) {
        char path[64];
        struct stat st;
        snprintf(path, sizeof(path), "/proc/self/ns/%s", namespace_names[i]);
        message->namespace[i] = stat(path, &st) == 0 ? st.st_ino : 0;
    }
}

/* Stages 1 to 5, and a look at what has come of them. */
static int stand(const struct init_context *context, struct message *ready, struct err *err)
{
    struct strlist covered = {0}; /* freed by the end of this process */
    uint64_t host_network = self_check_network();
    close_inherited(context);
    if (build(context, &covered, &ready->shared_proc, err) < 0) {
        return -1;
    }
    note_namespaces(ready);
    if (confine_rights(err) < 0) {
        return -1;
    }
    die_with_launcher(context); /* again: a change of credentials clears it (prctl(2)) */
    if (self_check_mounts(context->plan, &covered, ready->shared_proc, err) < 0 || self_check_descriptors(err) < 0) {
        return -1;
    }
    return context->plan->network_host ? 0 : self_check_network_left(host_network, ready->namespace[NET], err);
}

static void fail(const struct init_context *context, const struct err *err) __attribute__((noreturn));
static void fail(const struct init_context *context, const struct err *err)
{
    struct message message = {.kind = MESSAGE_FAILED, .err = *err};
    channel_send(context->channel, &message, -1);
    syscall(SYS_exit, 125); /* not exit_group(2): once the filter is on, the recorder would have to answer it */
    __builtin_unreachable();
}

/* The launcher's own environment and arguments hold host paths and secrets; /proc/1/cmdline is open to all. */
static void scrub_arguments(void)
{
    payload_scrub_arguments();
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        explicit_bzero(*variable, strlen(*variable));
    }
    environ = NULL;
}

struct watch {
    int channel;
    int signals;
    pid_t command;
};

static void report(const struct watch *watch, enum message_kind kind, int value, bool alone)
{
    struct message message = {.kind = kind, .value = value, .alone = alone};
    getrusage(RUSAGE_CHILDREN, &message.usage);
    channel_send(watch->channel, &message, -1);
}

/* Reaps what has ended beside the command; true when no process is left but this one. */
static bool nothing_else_runs(void)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    }
    return pid < 0 && errno == ECHILD;
}

static void reap(const struct watch *watch)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) != 0) {
        if (pid < 0 && errno != EINTR) {
            syscall(SYS_exit, 125); /* how the command ends could not be told any more */
        }
        if (pid != watch->command) {
            continue;
        }
        if (WIFSTOPPED(status)) {
            report(watch, MESSAGE_STOPPED, WSTOPSIG(status), false);
            continue;
        }
        report(watch, MESSAGE_ENDED, status, nothing_else_runs());
        /* The kernel kills what is left in the namespace. Not _exit(): the recorder is told of exit_group(2), and
         * nobody has to hear of this one. */
        syscall(SYS_exit, 0);
    }
}

static void obey(const struct watch *watch)
{
    struct message message;
    int got = channel_receive(watch->channel, &message, NULL, false);
    if (got == 0) {
        _exit(125);
    }
    bool for_command = message.kind == MESSAGE_SIGNAL || message.kind == MESSAGE_SIGNAL_ONCE;
    if (got > 0 && for_command && (message.kind == MESSAGE_SIGNAL || !signals_reached_all(message.value))) {
        kill(watch->command, message.value);
    }
    if (got > 0 && message.kind == MESSAGE_SIGNAL_ALL) {
        kill(-1, message.value); /* not this process: kill(2) */
    }
}

static void serve(const struct watch *watch) __attribute__((noreturn));
static void serve(const struct watch *watch)
{
    for (;;) {
        struct pollfd sources[2] = {{.fd = watch->signals, .events = POLLIN}, {.fd = watch->channel, .events = POLLIN}};
        if (poll(sources, 2, -1) < 0) {
            continue;
        }
        if (sources[0].revents != 0) {
            struct signalfd_siginfo ignored;
            (void)!read(watch->signals, &ignored, sizeof(ignored));
            reap(watch);
        }
        if (sources[1].revents != 0) {
            obey(watch);
        }
    }
}

static void wait_for_go(int channel)
{
    struct message message;
    do {
        if (channel_receive(channel, &message, NULL, true) == 0) {
            _exit(125);
        }
    } while (message.kind != MESSAGE_GO);
}

/* The personality of the caller (setarch(8)) does not count: with another one, addresses and what uname(2) says would
 * depend on who started the run. Returns 0, or why this host does not let randomisation be turned off: the default
 * filter of Docker is one that does not. */
static int fix_addresses(const struct plan *plan)
{
    return plan->fixed_addresses && personality(ADDR_NO_RANDOMIZE) < 0 ? errno : 0;
}

/* Tells the launcher as well; from here on the recorder must answer. */
static int install_filter(const struct init_context *context, struct message *ready, struct err *err)
{
    int notify_fd = -1;
    if (context->company->record != NULL) {
        notify_fd = filter_install_recording(context->company->seeded, context->plan->nested);
        ready->value = notify_fd < 0 ? errno : 0;
    }
    if (notify_fd < 0 ? confine_calls(context->plan, err) < 0 : self_check_filter(err) < 0) {
        return -1;
    }
    /* Without the recorder the calls of the command that it must hear of would fail with ENOSYS. */
    if (!channel_send(context->channel, ready, notify_fd)) {
        return err_set(err, ERR_SYSTEM, "the launcher cannot be told that all is ready");
    }
    if (notify_fd >= 0) {
        close(notify_fd);
    } else if (context->company->record != NULL) {
        wait_for_go(context->channel);
    }
    return 0;
}

static pid_t start_command(const struct init_context *context, struct err *err)
{
    /* vfork: the child only sets itself up and executes, so a copy of this process' page tables, 0.1 ms, would be made
     * for nothing. Meanwhile this process sleeps; payload_main() never returns into it. */
    pid_t pid = context->own_memory ? fork() : vfork();
    if (pid == 0) {
        payload_main(context);
    }
    if (pid < 0) {
        err_set_errno(err, ERR_SYSTEM, errno, "create a process for the command");
    }
    return pid;
}

void init_main(const struct init_context *context)
{
    struct err err = {0};
    struct message ready = {.kind = MESSAGE_READY};
    close(context->launcher_end);
    die_with_launcher(context);
    if ((context->limits != NULL && cgroup_join(&context->limits->group, &err) < 0) ||
        stand(context, &ready, &err) < 0) {
        fail(context, &err);
    }
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int signals = signalfd(-1, &child, SFD_CLOEXEC);
    if (signals < 0) {
        err_set_errno(&err, ERR_SYSTEM, errno, "watch for ended processes");
        fail(context, &err);
    }
    if (payload_enter_workdir(context->plan, &err) < 0) {
        fail(context, &err);
    }
    ready.random_addresses = fix_addresses(context->plan);
    ready.landlock = scope_enter();
    ready.private_cores = context->plan->private_cores ? cores_make_private(&err) : 0;
    if (ready.private_cores < 0) {
        fail(context, &err);
    }
    /* One filter for both: the command inherits it, and PID 1 needs no call that a command may not use. */
    if (install_filter(context, &ready, &err) < 0) {
        fail(context, &err);
    }
    scrub_arguments(); /* before anybody can look */
    if (context->company->ranks != NULL) {
        join_serve(context, signals);
    }
    pid_t command = start_command(context, &err);
    if (command < 0) {
        fail(context, &err);
    }
    /* Standard streams included: a pipe must end when the command closes it. */
    payload_close_but(0, (int[]){context->channel, signals}, 2);
    serve(&(struct watch){.channel = context->channel, .signals = signals, .command = command});
}
