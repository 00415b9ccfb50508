/* SPDX-License-Identifier: BSD-2-Clause
 * launch: carries out a plan.
 *
 * Three processes. The launcher (outside, the caller's rights, single-threaded) creates init in new namespaces and then
 * only passes signals in and waits. Init (init.c) builds the sandbox and is PID 1 inside. The command (payload.c) is
 * init's child (PID 3; the helper that makes the network namespace was 2).
 *
 * The terminal is the caller's own, not a relay: the command stays in the launcher's process group and session. What
 * the terminal driver sends (Ctrl-C, Ctrl-Z, window size) therefore reaches the command by itself, and the launcher
 * must not pass it on a second time; it passes on what other processes send to it. Pushing characters into the terminal
 * (TIOCSTI) is forbidden by the filter. When the command is stopped, the launcher stops itself, so that the shell
 * outside has its job control.
 */
#include "sandbox/launch.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/auto.h"
#include "sandbox/channel.h"
#include "sandbox/ending.h"
#include "sandbox/host.h"
#include "sandbox/init.h"
#include "sandbox/limits.h"
#include "sandbox/limits_clock.h"
#include "sandbox/signals.h"
#include "sandbox/terminal.h"

struct watch {
    const struct launch_company *company;
    int channel;
    int signals;
    int calls;   /* where calls of the command wait for company->hear; -1: nowhere, or another thread hears */
    bool untold; /* company->ready is due */
    bool failed;
    bool ended;
    int64_t begun_ns; /* CLOCK_MONOTONIC */
    bool alone;       /* the command, and all else inside */
    bool gone;        /* nothing comes through the channel any more */
    int stdin_fd;     /* standard input as the command has it, when it was opened anew; else -1 */
    struct terminal terminal;
    uint64_t time_limit_ns; /* 0: none */
    struct limits_clock clock;
    struct ending ending;
    struct launch_result *result;
    struct err *err;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static pid_t create_init(const struct init_context *context, struct limits_held *limits, struct err *err)
{
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    /* Like fork: no stack is given. The kernel makes the user namespace first, whatever else is asked for with it
     * (clone(2), CLONE_NEWUSER). */
    pid_t pid = limits != NULL && limits->group.parts > 0
                    ? cgroup_clone(&limits->group, flags)
                    : (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        init_main(context);
    }
    if (pid < 0) {
        host_explain(err, "create namespaces", errno);
    }
    return pid;
}

static void send_signal(const struct watch *watch, enum message_kind kind, int signal)
{
    struct message message = {.kind = kind, .value = signal};
    channel_send(watch->channel, &message, -1);
}

static void hear_the_end(struct watch *watch, const struct signalfd_siginfo *info)
{
    const struct launch_company *company = watch->company;
    int64_t now = clock_ns(CLOCK_MONOTONIC);
    if (company->told_to_end != NULL && ending_note(&watch->ending, info, now)) {
        uint64_t grace = company->told_to_end(company->context, watch->ending.times);
        if (grace > 0) {
            ending_start(&watch->ending, grace, now);
        }
    }
}

static void pass_signals_on(struct watch *watch)
{
    struct signalfd_siginfo info;
    while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD && !signals_is_own(&info) && !signals_reached_command(&info)) {
            bool from_above = ending_is_from_above(&info);
            send_signal(watch, from_above ? MESSAGE_SIGNAL_ONCE : MESSAGE_SIGNAL, (int)info.ssi_signo);
            hear_the_end(watch, &info);
        }
    }
}

/* Stops as the command has stopped; goes on when the shell outside says so. */
static void stop_along(const struct watch *watch)
{
    terminal_stop_along(&watch->terminal);
    send_signal(watch, MESSAGE_SIGNAL, SIGCONT);
}

static void start_recording(struct watch *watch, int notify_fd, int errnum)
{
    const struct launch_company *company = watch->company;
    if (company->record == NULL) {
        return;
    }
    if (company->record(company->context, watch->result->init_pid, notify_fd, errnum, watch->err) < 0) {
        watch->failed = true;
        kill(watch->result->init_pid, SIGKILL);
    } else if (notify_fd < 0) {
        channel_send(watch->channel, &(struct message){.kind = MESSAGE_GO}, -1);
    } else {
        watch->calls = notify_fd;
    }
}

static void hear_a_call(struct watch *watch)
{
    int heard = watch->company->hear(watch->company->context, watch->err);
    if (heard < 0) {
        watch->failed = true;
        kill(watch->result->init_pid, SIGKILL);
    }
    if (heard <= 0) {
        watch->calls = -1;
    }
}

static void tell_ready(struct watch *watch)
{
    if (watch->untold && watch->company->ready != NULL && !watch->failed) {
        watch->company->ready(watch->company->context, watch->result);
    }
    watch->untold = false;
}

static void take_message(struct watch *watch, const struct message *message, int fd)
{
    switch (message->kind) {
    case MESSAGE_READY:
        watch->result->started_ns = clock_ns(CLOCK_REALTIME);
        if (watch->time_limit_ns > 0) {
            limits_clock_start(&watch->clock, watch->time_limit_ns, clock_ns(CLOCK_MONOTONIC));
        }
        for (size_t i = 0; i < LAUNCH_NAMESPACES; i++) {
            watch->result->namespace[i].number = message->namespace[i];
        }
        watch->result->random_addresses = message->random_addresses;
        watch->result->landlock = message->landlock;
        watch->result->private_cores = message->private_cores;
        watch->result->shared_proc = message->shared_proc;
        watch->untold = true;
        start_recording(watch, fd, message->value);
        break;
    case MESSAGE_STDIN:
        watch->stdin_fd = fd;
        break;
    case MESSAGE_RANK:
    case MESSAGE_RANK_ENDED:
        join_take(watch->company->ranks, watch->channel, message, fd);
        break;
    case MESSAGE_FAILED:
        if (message->rank > 0) {
            join_take(watch->company->ranks, watch->channel, message, fd);
            break;
        }
        if (!watch->failed) { /* else the command only tells what came of the first failure */
            *watch->err = message->err;
        }
        watch->failed = true;
        break;
    case MESSAGE_STOPPED:
        stop_along(watch);
        break;
    case MESSAGE_ENDED:
        watch->ended = true;
        watch->result->ended_ns = clock_ns(CLOCK_REALTIME);
        watch->result->elapsed_ns = clock_ns(CLOCK_MONOTONIC) - watch->begun_ns;
        watch->result->wait_status = message->value;
        watch->result->usage = message->usage;
        watch->alone = message->alone;
        break;
    case MESSAGE_SIGNAL:
    case MESSAGE_SIGNAL_ONCE:
    case MESSAGE_SIGNAL_ALL:
    case MESSAGE_GO:
        break;
    }
}

/* Milliseconds that may be waited for the end of a time limit; what is due by then has been sent. */
static int keep_limit(struct watch *watch, int64_t now)
{
    int signal = limits_clock_due(&watch->clock, now);
    if (signal != 0) {
        send_signal(watch, MESSAGE_SIGNAL_ALL, signal);
    }
    if (signal == SIGTERM) { /* so that what is stopped hears of it */
        send_signal(watch, MESSAGE_SIGNAL_ALL, SIGCONT);
    }
    return limits_clock_wait_ms(&watch->clock, now);
}

/* The same for that and the end that a batch system has told. */
static int keep_time(struct watch *watch)
{
    if (watch->time_limit_ns == 0 && watch->ending.due_ns == 0) {
        return -1;
    }
    int64_t now = clock_ns(CLOCK_MONOTONIC);
    int limit_ms = watch->time_limit_ns > 0 ? keep_limit(watch, now) : -1;
    if (ending_due(&watch->ending, now)) {
        send_signal(watch, MESSAGE_SIGNAL_ALL, SIGKILL);
    }
    int end_ms = ending_wait_ms(&watch->ending, now);
    return end_ms < 0 || (limit_ms >= 0 && limit_ms < end_ms) ? limit_ms : end_ms;
}

static void take_from_channel(struct watch *watch)
{
    struct message message;
    int fd = -1;
    int got = channel_receive(watch->channel, &message, &fd, false);
    if (got == 0) {
        /* Without it nothing can be told any more, and a command that waits for the recorder would wait for ever. Most
         * often init has ended, and this reaches nobody: it was not waited for yet. */
        kill(watch->result->init_pid, SIGKILL);
        watch->gone = true;
    }
    if (got > 0) {
        take_message(watch, &message, fd);
    }
}

/* The command comes to its execve(2), the first call that is heard of, within 0.1 ms, and waits for the answer: that
 * goes before what only others wait for. */
static int time_to_wait(struct watch *watch)
{
    enum { FIRST_CALL_MS = 20 };
    int wait_ms = keep_time(watch);
    return watch->untold && (wait_ms < 0 || wait_ms > FIRST_CALL_MS) ? FIRST_CALL_MS : wait_ms;
}

/* Until nothing inside can write any more: init says so, or has ended and with it all else. */
static void watch_run(struct watch *watch)
{
    while (!watch->alone && !watch->gone) {
        const struct join_company *ranks = watch->company->ranks;
        struct pollfd sources[4] = {{.fd = watch->channel, .events = POLLIN},
                                    {.fd = watch->signals, .events = POLLIN},
                                    {.fd = watch->calls, .events = POLLIN},
                                    {.fd = ranks != NULL ? ranks->orders : -1, .events = POLLIN}};
        if (watch->calls < 0) {
            tell_ready(watch);
        }
        if (poll(sources, ranks != NULL ? 4 : 3, time_to_wait(watch)) < 0) {
            continue;
        }
        if ((sources[2].revents & POLLIN) != 0) {
            hear_a_call(watch);
        } else if (sources[2].revents != 0) {
            watch->calls = -1; /* no process is left that could call */
        }
        if (sources[1].revents != 0) {
            pass_signals_on(watch);
        }
        if (sources[3].revents != 0) {
            join_pass_orders(ranks, watch->channel);
        }
        if (sources[0].revents != 0) {
            take_from_channel(watch);
        } else {
            tell_ready(watch);
        }
    }
}

/* What comes after in `{ sciwrap run ...; cat; } <file` reads on from where the command stopped. */
static void take_offset_over(struct watch *watch)
{
    off_t offset = watch->stdin_fd >= 0 ? lseek(watch->stdin_fd, 0, SEEK_CUR) : -1;
    if (offset >= 0) {
        lseek(STDIN_FILENO, offset, SEEK_SET);
    }
    if (watch->stdin_fd >= 0) {
        close(watch->stdin_fd);
    }
}

/* The kernel chooses among the processes of a group that is out of memory, and can choose ours. */
static bool killed_for_memory(struct watch *watch, int status)
{
    struct limits_held *limits = watch->result->limits;
    if (limits != NULL) {
        limits_look(limits, status);
    }
    if (limits == NULL || !limits->hit[LIMIT_MEMORY]) {
        return false;
    }
    watch->result->ended_ns = clock_ns(CLOCK_REALTIME);
    watch->result->elapsed_ns = clock_ns(CLOCK_MONOTONIC) - watch->begun_ns;
    watch->result->wait_status = SIGKILL; /* as waitpid(2) says it */
    return true;
}

static int conclude(struct watch *watch, pid_t init)
{
    int status = 0;
    watch->result->unfinished = watch->alone && !watch->failed;
    if (watch->result->unfinished) {
        return 0;
    }
    while (waitpid(init, &status, 0) < 0 && errno == EINTR) {
    }
    if (watch->failed) {
        return -1;
    }
    if (!watch->ended && killed_for_memory(watch, status)) {
        return 0;
    }
    if (!watch->ended) {
        return err_set(watch->err, ERR_SYSTEM,
                       "the first process of the sandbox was killed (signal %d): out of memory on this host, or killed "
                       "from outside",
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    return 0;
}

static int run_init(const struct init_context *context, struct watch *watch, struct err *err)
{
    watch->begun_ns = clock_ns(CLOCK_MONOTONIC);
    pid_t init = create_init(context, watch->result->limits, err);
    close(context->channel);
    for (int fd = 0; fd < 3; fd++) {
        if (watch->company->stdio[fd] >= 0) {
            close(watch->company->stdio[fd]);
        }
    }
    join_close(watch->company->ranks);
    if (init < 0) {
        return -1;
    }
    watch->result->init_pid = init;
    if (watch->company->begin != NULL) {
        watch->company->begin(watch->company->context);
    }
    terminal_save(&watch->terminal);
    watch_run(watch);
    int result = conclude(watch, init);
    take_offset_over(watch);
    terminal_restore(&watch->terminal, result < 0 || WIFSIGNALED(watch->result->wait_status));
    return result;
}

/* What ended the command may come here as well, and not be read yet, or a moment later. */
static void hear_what_ended(struct watch *watch)
{
    enum { MOMENT_MS = 20 };
    struct pollfd signals = {.fd = watch->signals, .events = POLLIN};
    if (watch->company->told_to_end != NULL && watch->ending.times == 0 &&
        limits_ended_by(watch->result->wait_status, SIGTERM)) {
        (void)poll(&signals, 1, MOMENT_MS);
        pass_signals_on(watch);
    }
}

static int launch_held(const struct plan *plan, const struct launch_company *company, struct launch_result *result,
                       struct err *err)
{
    static const struct launch_company alone = {.stdio = {-1, -1, -1}};
    static const char *const names[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};
    for (size_t i = 0; i < LAUNCH_NAMESPACES; i++) {
        result->namespace[i].name = names[i];
    }
    int ends[2];
    if (channel_open(ends, err) < 0) {
        return -1;
    }
    auto_fd int outer_end = ends[0];
    sigset_t old_mask;
    auto_fd int signals = signals_catch(&old_mask, err);
    if (signals < 0) {
        close(ends[1]);
        return -1;
    }
    struct init_context context = {.plan = plan,
                                   .company = company != NULL ? company : &alone,
                                   .limits = result->limits,
                                   .channel = ends[1],
                                   .launcher_end = outer_end,
                                   .own_memory = company != NULL && company->record != NULL && geteuid() != 0,
                                   .outer_uid = geteuid(),
                                   .outer_gid = getegid()};
    struct watch watch = {.company = context.company,
                          .channel = outer_end,
                          .signals = signals,
                          .calls = -1,
                          .stdin_fd = -1,
                          .time_limit_ns = plan->limits.value[LIMIT_TIME],
                          .result = result,
                          .err = err};
    int status = run_init(&context, &watch, err);
    hear_what_ended(&watch);
    signals_hold(&result->signals, &old_mask, context.company->told_to_end != NULL);
    if (status < 0 || !context.company->recorded) {
        signals_let_go(&result->signals);
    }
    result->told_to_end = ending_was_told(&watch.ending, clock_ns(CLOCK_MONOTONIC));
    result->killed_late = watch.ending.over;
    if (status == 0 && result->limits != NULL) {
        limits_look(result->limits, result->wait_status);
        result->limits->hit[LIMIT_TIME] = limits_clock_is_over(&watch.clock);
    }
    return status;
}

int launch(const struct plan *plan, const struct launch_company *company, struct launch_result *ret_result,
           struct err *err)
{
    struct launch_result result = {.started_ns = clock_ns(CLOCK_REALTIME)};
    if (limits_any(&plan->limits) && limits_hold(&plan->limits, &result.limits, err) < 0) {
        return -1;
    }
    int status = launch_held(plan, company, &result, err);
    if (status == 0) {
        *ret_result = result;
    } else {
        limits_release(result.limits);
    }
    return status;
}
