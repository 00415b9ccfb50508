/* SPDX-License-Identifier: BSD-2-Clause
 * supply_bundle: has sciwrap-env write and read bundles: bytes go through descriptors that are opened here, and the
 * helper's error comes back as text. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/nameless.h"
#include "base/strlist.h"
#include "base/text.h"
#include "commands/supply.h"

/* The descriptor in the helper that it reports to. */
enum { REPORT_FD = 3, REPORT_MOST = 4096 };

struct helper {
    struct strlist words; /* of its command line */
    int in;
    int out; /* -1: standard error */
};

static void add_words(struct helper *helper, const char *command)
{
    strlist_add(&helper->words, command);
    strlist_addf(&helper->words, "--report=%d", REPORT_FD);
    if (log_get_level() == LOG_QUIET) {
        strlist_add(&helper->words, "--quiet");
    } else if (log_get_level() == LOG_VERBOSE) {
        strlist_add(&helper->words, "--verbose");
    }
}

static sigset_t ending_signals(void)
{
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
        sigaddset(&set, ending[i]);
    }
    return set;
}

/* The child. Each descriptor is first copied above those that are to be replaced. */
static _Noreturn void become(const struct helper *helper, int report, const sigset_t *mask)
{
    struct err err = {0};
    int in = fcntl(helper->in, F_DUPFD_CLOEXEC, REPORT_FD + 1);
    int out = fcntl(helper->out >= 0 ? helper->out : STDERR_FILENO, F_DUPFD_CLOEXEC, REPORT_FD + 1);
    int to = fcntl(report, F_DUPFD_CLOEXEC, REPORT_FD + 1);
    if (in < 0 || out < 0 || to < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(to, REPORT_FD) < 0) {
        err_set_errno(&err, ERR_SYSTEM, errno, "pass descriptors to the helper");
    } else {
        sigprocmask(SIG_SETMASK, mask, NULL);
        supply_become(strlist_items(&helper->words), &err);
    }
    dprintf(to, "%d %s", (int)err.kind, err.text);
    _exit(125);
}

/* "0 HEX", or the kind of an error and its text. */
static int take_report(const char *text, struct digest *ret_list, struct err *err)
{
    uint64_t kind = 0;
    const char *blank = strchr(text, ' ');
    auto_free char *number = blank != NULL ? xstrndup(text, (size_t)(blank - text)) : NULL;
    if (number == NULL || !text_to_u64(number, 0, ERR_COMMAND_ABSENT, &kind)) {
        return err_set(err, ERR_SYSTEM, "the helper ended early");
    }
    if (kind != ERR_NONE) {
        return err_set(err, (enum err_kind)kind, "%s", blank + 1);
    }
    return digest_from_hex(blank + 1, ret_list) ? 0 : err_set(err, ERR_SYSTEM, "the helper reports nothing useful");
}

static int wait_for(pid_t child, int report, struct digest *ret_list, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    struct err unread = {0};
    int status = 0;
    (void)fs_read_fd(report, "report", REPORT_MOST, &text, &unread);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return err_set_errno(err, ERR_SYSTEM, errno, "wait for the helper");
        }
    }
    if (WIFSIGNALED(status)) {
        return err_set(err, ERR_SYSTEM, "the helper was ended by signal %d", WTERMSIG(status));
    }
    return take_report(buf_text(&text), ret_list, err);
}

static int run_helper(const struct helper *helper, struct digest *ret_list, struct err *err)
{
    int pipe_fd[2];
    sigset_t ending = ending_signals();
    sigset_t mask;
    if (pipe2(pipe_fd, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a pipe");
    }
    auto_fd int from = pipe_fd[0];
    auto_fd int to = pipe_fd[1];
    fflush(stdout); /* or the child would have what is in its buffer too */
    sigprocmask(SIG_BLOCK, &ending, &mask);
    pid_t child = fork();
    if (child == 0) {
        become(helper, to, &mask);
    }
    close(steal_fd(&to));
    int result =
        child < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "start the helper") : wait_for(child, from, ret_list, err);
    /* Told now, and not by dying of it when the mask is taken off: the caller has to clean up. */
    sigset_t pending;
    if (sigpending(&pending) == 0 && result == 0) {
        for (int signal = 1; signal < NSIG && result == 0; signal++) {
            if (sigismember(&ending, signal) == 1 && sigismember(&pending, signal) == 1) {
                result = err_set(err, ERR_SYSTEM, "interrupted by signal %d", signal);
            }
        }
    }
    static const struct timespec at_once = {0};
    while (sigtimedwait(&ending, NULL, &at_once) > 0) {
    }
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return result;
}

int supply_write_bundle(const struct bundle *bundle, int to, struct digest *ret_list, struct err *err)
{
    struct helper helper = {.out = to};
    auto_fd int fd = nameless_open("plan");
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file in memory");
    }
    if (fs_write_fd(fd, "plan", buf_text(&bundle->plan), bundle->plan.length, err) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        return -1;
    }
    helper.in = fd;
    add_words(&helper, "bundle-write");
    strlist_add(&helper.words, "--");
    strlist_add(&helper.words, bundle->id[0] != '\0' ? bundle->id : "run");
    strlist_add(&helper.words, bundle->environment);
    int result = run_helper(&helper, ret_list, err);
    strlist_release(&helper.words);
    return result;
}

int supply_read_bundle(int from, const char *folder, const char *label, bool contents, struct err *err)
{
    struct digest list;
    struct helper helper = {.in = from, .out = -1};
    add_words(&helper, "bundle-read");
    if (contents) {
        strlist_add(&helper.words, "--contents");
    }
    strlist_add(&helper.words, "--");
    strlist_add(&helper.words, folder);
    strlist_add(&helper.words, label);
    int result = run_helper(&helper, &list, err);
    strlist_release(&helper.words);
    return result;
}
