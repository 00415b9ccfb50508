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
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "supply/jail.h"

/* What the process sends back. */
struct report {
    bool jail_refused; /* the host does not allow the jail; nothing was done */
    struct err err;    /* kind ERR_NONE: done */
    _Alignas(max_align_t) char result[CONFINED_RESULT];
};
_Static_assert(sizeof(struct report) <= 4096, "a report goes through a pipe in one write");

/* This is the child: one thread, all descriptors close-on-exec, never returns. */
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
    if (jail && jail_enter(&folder_fd, &report.err) < 0) {
        report.jail_refused = true;
    } else {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* some kernels forget it where credentials change */
        jail_limit(confined->file_bytes);
        confined->work(confined->user, folder_fd, done, report.result, &report.err);
    }
    ssize_t put = write(report_fd, &report, sizeof(report));
    _exit(put == (ssize_t)sizeof(report) ? 0 : 1);
}

static int take_report(const struct confined *confined, int fd, pid_t child, const _Atomic uint64_t *done,
                       struct progress *progress, struct report *report, struct err *err)
{
    enum { SHOW_MS = 100 };
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (poll(&wait, 1, SHOW_MS) == 0 || wait.revents == 0) {
        progress_set(progress, atomic_load(done));
    }
    ssize_t got;
    do {
        got = read(fd, report, sizeof(*report));
    } while (got < 0 && errno == EINTR);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    progress_set(progress, atomic_load(done));
    if (got == (ssize_t)sizeof(*report)) {
        return 0;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        return err_set(err, ERR_SYSTEM, "the process that %s was killed; is there enough memory?", confined->what);
    }
    return err_set(err, ERR_SYSTEM, "the process that %s ended early (%s %d)", confined->what,
                   WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
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
    assert(confined->result_bytes <= CONFINED_RESULT);
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
    if (result == 0 && report.err.kind != ERR_NONE) {
        *err = report.err;
        result = -1;
    }
    if (result == 0) {
        memcpy(ret_result, report.result, confined->result_bytes);
    }
    return result;
}
