/* SPDX-License-Identifier: BSD-2-Clause
 * stop: ends a run that is going on, and waits until it is gone. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/text.h"
#include "commands/command.h"
#include "commands/running_show.h"

static const struct command_option options[] = {
    {"time", 't', "SECONDS", "between SIGTERM and SIGKILL (10)"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* A process that cannot be mistaken for the next one of its number. */
struct held {
    pid_t pid;
    int fd; /* a pidfd; -1 before Linux 5.3: the number alone */
    uint64_t start;
};

struct stopping {
    struct held launcher;
    struct held init;
    double grace_s;
};

static int hold(struct held *held, pid_t pid, struct err *err)
{
    *held = (struct held){.pid = pid, .start = host_process_start(pid)};
    held->fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (held->fd < 0 && errno != ENOSYS) {
        return err_set_errno(err, errno == ESRCH ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "process %d of the run",
                             (int)pid);
    }
    return 0;
}

static int send_signal(const struct held *held, int signal)
{
    int sent = held->fd < 0 ? -1 : (int)syscall(SYS_pidfd_send_signal, held->fd, signal, NULL, 0);
    bool lacks = held->fd < 0 || (sent < 0 && errno == ENOSYS);
    return lacks ? kill(held->pid, signal) : sent;
}

static bool is_gone(const struct held *held)
{
    struct pollfd ended = {.fd = held->fd, .events = POLLIN};
    return held->fd >= 0 ? poll(&ended, 1, 0) > 0 : host_process_start(held->pid) != held->start;
}

static double now_s(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* True when it is gone within the time. */
static bool wait_for(const struct held *held, double seconds)
{
    enum { STEP_MS = 20 };
    double end = now_s() + seconds;
    while (!is_gone(held)) {
        double left = end - now_s();
        if (left <= 0) {
            return false;
        }
        struct pollfd ended = {.fd = held->fd, .events = POLLIN};
        int milliseconds = left > 3600 ? 3600000 : (int)(left * 1000) + 1;
        poll(&ended, 1, held->fd >= 0 ? milliseconds : STEP_MS);
    }
    return true;
}

/* The command first: its end with SIGKILL is one that the launcher records. PID 1, which takes everything with it, when
 * that was not enough. */
static int kill_run(const struct running_list *list, const struct running *run, const struct stopping *stopping,
                    struct err *err)
{
    static const double settle_s = 2;
    const struct host_process *command = running_command(list, run);
    struct held held = {.fd = -1};
    struct host_process now;
    struct err ignored = {0};
    log_info("run %s goes on after SIGTERM: SIGKILL", run->facts.id);
    if (command != NULL && hold(&held, command->pid, &ignored) == 0 && host_process_read(command->pid, &now) &&
        now.parent == run->init && now.uid == run->launcher.uid) {
        send_signal(&held, SIGKILL);
    }
    if (held.fd >= 0) {
        close(held.fd);
    }
    if (wait_for(&stopping->init, settle_s)) {
        return 0;
    }
    send_signal(&stopping->init, SIGKILL);
    if (wait_for(&stopping->init, settle_s)) {
        return 0;
    }
    return err_set(err, ERR_SYSTEM, "run %s does not end although it was killed: a process of it waits for the kernel",
                   run->facts.id);
}

/* The processes of a run are gone with PID 1; its launcher then still writes the record. */
static int end_run(const struct running_list *list, const struct running *run, const struct stopping *stopping,
                   struct err *err)
{
    static const double patience_s = 1;
    struct timespec moment = {.tv_nsec = 5000000};
    /* To the launcher, which passes it on to the command and records how that ends. */
    if (send_signal(&stopping->launcher, SIGTERM) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "signal the launcher of run %s", run->facts.id);
    }
    if (!wait_for(&stopping->init, stopping->grace_s) && kill_run(list, run, stopping, err) < 0) {
        return -1;
    }
    if (!wait_for(&stopping->launcher, patience_s)) {
        log_info("the processes of run %s are gone; its record is being written", run->facts.id);
        while (!wait_for(&stopping->launcher, 3600)) {
            nanosleep(&moment, NULL);
        }
    }
    return 0;
}

static int stop(const char *id, double grace_s, struct err *err)
{
    struct running_list list = {0};
    struct stopping stopping = {.launcher.fd = -1, .init.fd = -1, .grace_s = grace_s};
    int result = running_read(&list, err);
    const struct running *run = result == 0 ? running_find(&list, id, err) : NULL;
    if (run == NULL || hold(&stopping.launcher, run->launcher.pid, err) < 0 ||
        hold(&stopping.init, run->init, err) < 0) {
        result = -1;
    } else if (!running_is_still(run)) {
        result = err_set(err, ERR_NOT_FOUND, "run %s has just ended", run->facts.id);
    } else {
        result = end_run(&list, run, &stopping, err);
        if (result == 0) {
            log_info("run %s is gone", run->facts.id);
        }
    }
    if (stopping.launcher.fd >= 0) {
        close(stopping.launcher.fd);
    }
    if (stopping.init.fd >= 0) {
        close(stopping.init.fd);
    }
    running_release(&list);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    static const double grace_most_s = 1e6;
    int option;
    double grace_s = 10;
    struct option_reader reader = option_reader_of(&stop_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        if (strcmp(options[option].name, "time") == 0 && !text_to_real(reader.value, 0, grace_most_s, &grace_s)) {
            return err_set(err, ERR_USAGE, "--time '%s' is not a number of seconds from 0 to 1000000", reader.value);
        }
        (void)option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at + 1 != argc) {
        return command_usage_error(&stop_command, err, reader.at < argc ? "takes one run" : COMMAND_NO_GOING);
    }
    return stop(argv[reader.at], grace_s, err);
}

const struct command stop_command = {
    .name = "stop",
    .synopsis = "[OPTION...] ID",
    .summary = "end a run that is going on",
    .options = options,
    .more = "Sends SIGTERM to the command of the run, SIGKILL when it has not ended after the\n"
            "time, and waits until it is gone. The run is recorded as what it is: ended by\n"
            "that signal. See 'sciwrap ps' for the IDs; the beginning of one is enough.\n",
    .run = run,
};
