/* SPDX-License-Identifier: BSD-2-Clause
 * confined: starts the process that works, shows its progress and takes its report. */
#include "supply/confined.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "supply/jail_filter.h"
#include "supply/jail_landlock.h"

const struct jail_limits confined_default_limits = {
    .file_bytes = 256ULL * 1024 * 1024 * 1024,
    .memory_bytes = 2048ULL * 1024 * 1024,
    .seconds = 6ULL * 3600,
};

/* What the process sends back. */
struct report {
    bool jail_refused; /* the host does not allow the namespaces; nothing was done */
    int landlock;      /* its version, 0 for none */
    struct err err;    /* kind ERR_NONE: done */
    _Alignas(max_align_t) char result[CONFINED_RESULT];
};
_Static_assert(sizeof(struct report) <= 4096, "a report goes through a pipe in one write");

/* The descriptors that lead where the work has to do. */
static void close_others(const struct confined *confined, int report_fd)
{
    int keep[CONFINED_INPUTS + 2] = {confined->folder_fd, report_fd};
    memcpy(keep + 2, confined->input_fd, confined->inputs * sizeof(int));
    jail_close_others(keep, confined->inputs + 2);
}

static int shut_in(const struct confined *confined, bool jail, int *folder_fd, struct report *report)
{
    if (jail && jail_enter(folder_fd, &report->err) < 0) {
        report->jail_refused = true;
        return -1;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* some kernels forget it where credentials change */
    jail_limit(&confined->limits);
    report->landlock = jail_landlock(*folder_fd);
    return jail_filter(confined->input_fd, confined->inputs, &report->err);
}

/* This is the child: one thread, never returns. */
static _Noreturn void work_in_child(const struct confined *confined, bool jail, _Atomic uint64_t *done, int report_fd,
                                    pid_t parent)
{
    struct report report = {0};
    int folder_fd = confined->folder_fd;
    /* When the one who waits is killed, so are we: nobody would publish the result. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1); /* killed before that */
    }
    /* libarchive converts the names of pax headers to the locale. Loaded before the file system is out of reach. */
    setlocale(LC_CTYPE, "C.UTF-8");
    umask(0);
    close_others(confined, report_fd);
    if (shut_in(confined, jail, &folder_fd, &report) == 0) {
        confined->work(confined->user, folder_fd, done, report.result, &report.err);
    }
    ssize_t put = write(report_fd, &report, sizeof(report));
    _exit(put == (ssize_t)sizeof(report) ? 0 : 1);
}

static int complain_end(const struct confined *confined, int status, struct err *err)
{
    enum { OUT_OF_MEMORY = 125 }; /* base/mem.c */
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        return err_set(err, ERR_INVALID,
                       "the process that %s was ended: it asked the kernel for what this work never needs; treat the "
                       "file as an attack on the library that reads it",
                       confined->what);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        return err_set(
            err, ERR_SYSTEM,
            "the process that %s used more time of the processors than allowed; $SCIWRAP_UNPACK_TIME sets the limit",
            confined->what);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        return err_set(err, ERR_SYSTEM, "the process that %s was killed; is there enough memory?", confined->what);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == OUT_OF_MEMORY) {
        return err_set(err, ERR_SYSTEM,
                       "the process that %s needs more memory than allowed; $SCIWRAP_UNPACK_MEMORY sets the limit",
                       confined->what);
    }
    return err_set(err, ERR_SYSTEM, "the process that %s ended early (%s %d)", confined->what,
                   WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* False when the time is over before there is a report. */
static bool wait_for_report(const struct confined *confined, int fd, const _Atomic uint64_t *done,
                            struct progress *progress)
{
    enum { SHOW_MS = 100 };
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    uint64_t begun = now_ms();
    while (poll(&wait, 1, SHOW_MS) <= 0 || wait.revents == 0) {
        progress_set(progress, atomic_load(done));
        if ((now_ms() - begun) / 1000 >= confined->limits.seconds) {
            return false;
        }
    }
    return true;
}

static int take_report(const struct confined *confined, int fd, pid_t child, const _Atomic uint64_t *done,
                       struct progress *progress, struct report *report, struct err *err)
{
    ssize_t got = -1;
    bool in_time = wait_for_report(confined, fd, done, progress);
    if (!in_time) {
        kill(child, SIGKILL);
    }
    do {
        got = read(fd, report, sizeof(*report));
    } while (got < 0 && errno == EINTR);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    progress_set(progress, atomic_load(done));
    if (got == (ssize_t)sizeof(*report)) {
        /* It may have been taken over: nothing in here is believed to be terminated. */
        report->err.text[sizeof(report->err.text) - 1] = '\0';
        return 0;
    }
    if (!in_time) {
        return err_set(
            err, ERR_SYSTEM,
            "the process that %s took longer than the %llu seconds that are allowed; $SCIWRAP_UNPACK_TIME sets them",
            confined->what, (unsigned long long)confined->limits.seconds);
    }
    return complain_end(confined, status, err);
}

static int run_child(const struct confined *confined, bool jail, _Atomic uint64_t *done, struct progress *progress,
                     struct report *report, struct err *err)
{
    int pipe_fd[2];
    if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    auto_fd int from = pipe_fd[0];
    auto_fd int to = pipe_fd[1];
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "start a process");
    }
    if (child == 0) {
        work_in_child(confined, jail, done, to, parent);
    }
    close(steal_fd(&to));
    return take_report(confined, from, child, done, progress, report, err);
}

int confined_run(const struct confined *confined, struct progress *progress, void *ret_result, struct err *err)
{
    struct report report = {0};
    assert(confined->result_bytes <= CONFINED_RESULT && confined->inputs <= CONFINED_INPUTS);
    _Atomic uint64_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (done == MAP_FAILED) {
        return err_set_errno(err, ERR_SYSTEM, errno, "share memory with the process that %s", confined->what);
    }
    int result = run_child(confined, true, done, progress, &report, err);
    if (result == 0 && report.jail_refused) {
        log_debug("working without namespaces of its own: %s", report.err.text);
        result = run_child(confined, false, done, progress, &report, err);
    }
    munmap(done, sizeof(*done));
    if (result == 0) {
        log_debug("the process that %s had Landlock (version %d) and a filter of system calls around it",
                  confined->what, report.landlock);
    }
    if (result == 0 && report.err.kind != ERR_NONE) {
        *err = report.err;
        result = -1;
    }
    if (result == 0) {
        memcpy(ret_result, report.result, confined->result_bytes);
    }
    return result;
}
