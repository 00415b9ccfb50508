/* SPDX-License-Identifier: BSD-2-Clause
 * unpack: starts the process that unpacks, shows its progress and takes its report. */
#include "supply/unpack.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "supply/jail.h"
#include "supply/unpack_work.h"

const struct unpack_limits unpack_default_limits = {
    .entries = 5000000,
    .bytes = 256ULL * 1024 * 1024 * 1024,
    .depth = 256,
    .path_bytes = 3072,
    .header_bytes = 1024ULL * 1024,
};

/* What the process sends back: small enough for one write to a pipe (PIPE_BUF). */
struct report {
    bool jail_refused;      /* the host does not allow the jail; nothing was done */
    struct store_tree tree; /* without fd and rootfs */
    struct err err;         /* kind ERR_NONE: done */
};
_Static_assert(sizeof(struct report) <= 4096, "a report goes through a pipe in one write");

/* This is the child: one thread, all descriptors close-on-exec, never returns. */
static _Noreturn void unpack_in_child(struct work work, bool jail, int report_fd, pid_t parent)
{
    struct report report = {0};
    /* When the one who waits is killed, so are we: nobody would publish the result. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1); /* killed before that */
    }
    /* libarchive converts the names of pax headers to the locale. Loaded before the file system is out of reach. */
    setlocale(LC_CTYPE, "C.UTF-8");
    umask(0);
    if (jail && jail_enter(&work.stage_fd, &report.err) < 0) {
        report.jail_refused = true;
    } else {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* some kernels forget it where credentials change */
        jail_limit(work.limits->bytes);
        work_unpack(&work, &report.tree, &report.err);
    }
    ssize_t put = write(report_fd, &report, sizeof(report));
    _exit(put == (ssize_t)sizeof(report) ? 0 : 1);
}

static int take_report(int fd, pid_t child, const _Atomic uint64_t *done, struct progress *progress,
                       struct report *report, struct err *err)
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
        return err_set(err, ERR_SYSTEM, "the process that unpacks was killed; is there enough memory?");
    }
    return err_set(err, ERR_SYSTEM, "the process that unpacks ended early (%s %d)",
                   WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static int run_child(const struct work *work, bool jail, struct progress *progress, struct report *report,
                     struct err *err)
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
        unpack_in_child(*work, jail, to, parent);
    }
    close(steal_fd(&to));
    return take_report(from, child, work->done, progress, report, err);
}

bool unpack_is_html(int fd)
{
    char begin[256] = "";
    ssize_t got = pread(fd, begin, sizeof(begin) - 1, 0);
    const char *text = begin;
    for (; got > 0 && isspace((unsigned char)*text); text++) {
    }
    return strncasecmp(text, "<!doctype", 9) == 0 || strncasecmp(text, "<html", 5) == 0 ||
           strncasecmp(text, "<head", 5) == 0;
}

/* Mismatches all: another source may have the right file. */
static int check_file(int fd, uint64_t size, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "look at the archive");
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_MISMATCH, "not a regular file");
    }
    if (st.st_size == 0) {
        return err_set(err, ERR_MISMATCH, "the file is empty");
    }
    if (size != 0 && (uint64_t)st.st_size != size) {
        if (unpack_is_html(fd)) {
            return err_set(err, ERR_MISMATCH, "this is an HTML page, not an archive: an error page in its place");
        }
        return err_set(err, ERR_MISMATCH, "wrong size: it has %llu bytes, pinned are %llu%s",
                       (unsigned long long)st.st_size, (unsigned long long)size,
                       (uint64_t)st.st_size < size ? "; it is truncated or another file" : "; it is another file");
    }
    return 0;
}

int unpack(int archive_fd, const struct digest *sha256, uint64_t size, int stage_fd, const struct unpack_limits *limits,
           struct progress *progress, struct store_tree *ret_tree, struct err *err)
{
    struct report report = {0};
    if (check_file(archive_fd, size, err) < 0) {
        return -1;
    }
    _Atomic uint64_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (done == MAP_FAILED) {
        return err_set_errno(err, ERR_SYSTEM, errno, "share memory with the process that unpacks");
    }
    struct work work = {
        .archive_fd = archive_fd, .stage_fd = stage_fd, .sha256 = *sha256, .limits = limits, .done = done};
    int result = run_child(&work, true, progress, &report, err);
    if (result == 0 && report.jail_refused) {
        log_debug("unpacking without namespaces of its own: %s", report.err.text);
        result = run_child(&work, false, progress, &report, err);
    }
    munmap(done, sizeof(*done));
    if (result == 0 && report.err.kind != ERR_NONE) {
        *err = report.err;
        result = -1;
    }
    if (result == 0) {
        *ret_tree = report.tree;
        ret_tree->fd = -1;
        ret_tree->rootfs = NULL;
    }
    return result;
}
