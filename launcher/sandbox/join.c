/* SPDX-License-Identifier: BSD-2-Clause
 * join: several commands in one sandbox.
 *
 * A rank is a copy of init until it executes, and holds what init holds. What runs inside has the same uid and could
 * take it (CVE-2016-9962), so a rank must not be traceable any more when the first of them executes. But an ordinary
 * user's recorder reads a caller's memory through /proc/PID/mem, which is closed while the caller is not traceable. So
 * each rank, while nothing of the environment runs yet, becomes traceable, opens its own memory for the launcher, is
 * untraceable again, and waits. When all wait, the launcher lets them go.
 */
#include "sandbox/join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/channel.h"
#include "sandbox/init.h"
#include "sandbox/limits.h"
#include "sandbox/payload.h"
#include "sandbox/signals.h"

enum { PER_RANK = 4 };

struct serving {
    const struct init_context *context;
    const struct join_company *company;
    int signals;
    int gate[2];    /* the ranks wait until its second end is closed */
    pid_t *pid;     /* of each rank; 0: has ended */
    size_t running; /* of them */
    int heard;      /* the last signal that reached all processes of the job */
    int64_t heard_ns;
    int worst; /* wait status that stands for all: of the first rank that did not end well */
};

size_t join_count_kept(const struct join_company *company)
{
    return company != NULL ? company->count * PER_RANK : 0;
}

size_t join_keep(const struct join_company *company, int *keep)
{
    size_t kept = 0;
    for (size_t i = 0; company != NULL && i < company->count; i++) {
        const struct join_rank *rank = &company->rank[i];
        for (int fd = 0; fd < 3; fd++) {
            keep[kept++] = rank->stdio[fd];
        }
        keep[kept++] = rank->passed;
    }
    return kept;
}

static void close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void join_close(struct join_company *company)
{
    for (size_t i = 0; company != NULL && i < company->count; i++) {
        for (int fd = 0; fd < 3; fd++) {
            close_one(&company->rank[i].stdio[fd]);
        }
        close_one(&company->rank[i].passed);
    }
}

/* What ends a process that is not to be told of: exit_group(2) would have to be answered by the recorder. */
static void leave(int code) __attribute__((noreturn));
static void leave(int code)
{
    syscall(SYS_exit, code);
    __builtin_unreachable();
}

static void fail(const struct serving *serving, size_t rank, const struct err *err) __attribute__((noreturn));
static void fail(const struct serving *serving, size_t rank, const struct err *err)
{
    struct message message = {.kind = MESSAGE_FAILED, .rank = (int)rank + 1, .err = *err};
    channel_send(serving->context->channel, &message, -1);
    _exit(err_exit_code(err));
}

static void tell_ready(const struct serving *serving, size_t rank)
{
    struct message message = {.kind = MESSAGE_RANK, .rank = (int)rank + 1, .value = (int)syscall(SYS_getpid)};
    int memory = -1;
    if (serving->context->own_memory) {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    channel_send(serving->context->channel, &message, memory);
    close_one(&memory);
}

static void wait_for_gate(const struct serving *serving)
{
    char none;
    while (read(serving->gate[0], &none, 1) < 0 && errno == EINTR) {
    }
}

/* The command's socket gets its number before execve(2), and a failure of that is told after. */
static void move_channel_away(struct serving *serving, struct init_context *own, int number)
{
    *own = *serving->context;
    serving->context = own;
    if (own->channel == number) {
        own->channel = fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); /* 0 to 2 are to come */
    }
}

static void become(struct serving *serving, size_t i) __attribute__((noreturn));
static void become(struct serving *serving, size_t i)
{
    struct init_context own;
    struct err err = {0};
    const struct join_rank *rank = &serving->company->rank[i];
    struct payload_passed passed = {.fd = rank->passed, .number = rank->passed_as};
    struct plan plan = *serving->context->plan;
    int keep[] = {rank->stdio[0],  rank->stdio[1], rank->stdio[2], rank->passed, serving->context->channel,
                  serving->gate[0]};
    close(serving->gate[1]);
    payload_close_but(0, keep, sizeof(keep) / sizeof(*keep));
    /* A process group of its own: `kill 0` of one would reach the others and the launcher else. */
    setpgid(0, 0);
    if (serving->context->limits != NULL && limits_apply(serving->context->limits, &err) < 0) {
        fail(serving, i, &err);
    }
    if (rank->cpus_size > 0) { /* each may be bound to its own; what the host refuses, it does not get */
        (void)sched_setaffinity(0, rank->cpus_size, (const cpu_set_t *)(const void *)rank->cpus);
    }
    tell_ready(serving, i);
    wait_for_gate(serving);
    move_channel_away(serving, &own, rank->passed_as);
    plan.argv = rank->argv;
    plan.environment = rank->environment;
    (void)payload_become(&plan, rank->stdio, rank->passed >= 0 ? &passed : NULL, &err);
    fail(serving, i, &err);
}

static void send_message(const struct serving *serving, const struct message *message)
{
    channel_send(serving->context->channel, message, -1);
}

static void start_all(struct serving *serving)
{
    for (size_t i = 0; i < serving->company->count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            become(serving, i);
        }
        if (pid < 0) {
            struct message message = {.kind = MESSAGE_FAILED};
            err_set_errno(&message.err, ERR_SYSTEM, errno, "create a process for a rank");
            send_message(serving, &message);
            leave(125);
        }
        serving->pid[i] = pid;
        serving->running++;
    }
}

static size_t rank_of(const struct serving *serving, pid_t pid)
{
    size_t i = 0;
    while (i < serving->company->count && serving->pid[i] != pid) {
        i++;
    }
    return i;
}

static void note_end(struct serving *serving, size_t i, int status, const struct rusage *usage)
{
    struct message message = {
        .kind = MESSAGE_RANK_ENDED, .rank = (int)i + 1, .value = status, .pid = serving->pid[i], .usage = *usage};
    serving->pid[i] = 0;
    serving->running--;
    serving->worst = serving->worst != 0 ? serving->worst : status;
    send_message(serving, &message);
}

static void reap(struct serving *serving)
{
    int status;
    struct rusage usage;
    pid_t pid;
    while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0 || (pid < 0 && errno == EINTR)) {
        size_t i = pid > 0 ? rank_of(serving, pid) : serving->company->count;
        if (i < serving->company->count) {
            note_end(serving, i, status, &usage);
        }
    }
    if (serving->running > 0) {
        return;
    }
    struct message message = {.kind = MESSAGE_ENDED, .value = serving->worst, .alone = pid < 0 && errno == ECHILD};
    getrusage(RUSAGE_CHILDREN, &message.usage);
    send_message(serving, &message);
    leave(0); /* the kernel kills what is left in the namespace */
}

static void signal_ranks(const struct serving *serving, const struct message *message)
{
    for (size_t i = 0; i < serving->company->count; i++) {
        bool meant = message->rank == 0 || (size_t)message->rank == i + 1;
        if (meant && serving->pid[i] > 0) {
            kill(serving->pid[i], message->value);
        }
    }
}

/* Each rank's process and the launcher tell of the same signal, and PID 1 has it once. */
static bool reached_all(struct serving *serving, int signal)
{
    static const int64_t together_ns = 2000000000;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (serving->heard == signal && now_ns - serving->heard_ns < together_ns) {
        return true;
    }
    if (!signals_reached_all(signal)) {
        return false;
    }
    serving->heard = signal;
    serving->heard_ns = now_ns;
    return true;
}

static void obey(struct serving *serving)
{
    struct message message;
    int got = channel_receive(serving->context->channel, &message, NULL, false);
    if (got == 0) {
        leave(125);
    }
    if (got > 0 && (message.kind == MESSAGE_SIGNAL || message.kind == MESSAGE_SIGNAL_ONCE)) {
        if (message.kind == MESSAGE_SIGNAL || !reached_all(serving, message.value)) {
            signal_ranks(serving, &message);
        }
    } else if (got > 0 && message.kind == MESSAGE_SIGNAL_ALL) {
        kill(-1, message.value); /* not this process: kill(2) */
    } else if (got > 0 && message.kind == MESSAGE_GO) {
        close_one(&serving->gate[1]);
    }
}

void join_serve(const struct init_context *context, int signals)
{
    struct serving serving = {.context = context, .company = context->company->ranks, .signals = signals};
    serving.pid = xcalloc(serving.company->count, sizeof(*serving.pid));
    if (pipe2(serving.gate, O_CLOEXEC) < 0) {
        leave(125);
    }
    start_all(&serving);
    close_one(&serving.gate[0]);
    payload_close_but(0, (int[]){context->channel, signals, serving.gate[1]}, 3);
    for (;;) {
        struct pollfd sources[2] = {{.fd = signals, .events = POLLIN}, {.fd = context->channel, .events = POLLIN}};
        if (poll(sources, 2, -1) < 0) {
            continue;
        }
        if (sources[0].revents != 0) {
            struct signalfd_siginfo ignored;
            (void)!read(signals, &ignored, sizeof(ignored));
            reap(&serving);
        }
        if (sources[1].revents != 0) {
            obey(&serving);
        }
    }
}

/* A rank waits, or has ended before it came to that. */
static void count_in(struct join_company *company, int channel, size_t rank)
{
    if (company->rank[rank].there) {
        return;
    }
    company->rank[rank].there = true;
    company->waiting++;
    if (company->waiting == company->count) {
        channel_send(channel, &(struct message){.kind = MESSAGE_GO}, -1);
    }
}

void join_take(struct join_company *company, int channel, const struct message *message, int fd)
{
    size_t rank = (size_t)message->rank - 1;
    struct join_end end = {.wait_status = message->value, .usage = message->usage, .pid = message->pid};
    if (company == NULL || rank >= company->count) {
        close_one(&fd);
    } else if (message->kind == MESSAGE_RANK) {
        company->ready(company->context, rank, message->value, fd);
        count_in(company, channel, rank);
    } else if (message->kind == MESSAGE_FAILED) {
        company->failed(company->context, rank, &message->err);
    } else {
        company->ended(company->context, rank, &end);
        count_in(company, channel, rank);
    }
}

void join_pass_orders(const struct join_company *company, int channel)
{
    struct join_order order;
    while (company->order(company->context, &order)) {
        enum message_kind kind = order.once ? MESSAGE_SIGNAL_ONCE : MESSAGE_SIGNAL;
        struct message message = {.kind = kind, .value = order.signal, .rank = order.rank + 1};
        channel_send(channel, &message, -1);
    }
}
