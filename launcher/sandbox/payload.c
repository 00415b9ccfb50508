/* SPDX-License-Identifier: BSD-2-Clause
 * payload: the process that becomes the command. */
#include "sandbox/payload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/channel.h"
#include "sandbox/limits.h"

void payload_scrub_arguments(void)
{
    static const char shown[] = "init";
    enum { ARGUMENTS_MOST = 4 << 20 };     /* beyond it environ[0] is not where the kernel laid it */
    char *start = program_invocation_name; /* argv[0] itself, not a copy */
    size_t length = strlen(start) + 1;
    /* The kernel lays the strings of argv one behind the other and those of the environment behind them (fs/exec.c). */
    if (environ != NULL && environ[0] > start && environ[0] - start < ARGUMENTS_MOST) {
        length = (size_t)(environ[0] - start);
    }
    if (length > sizeof(shown)) {
        explicit_bzero(start, length);
        memcpy(start, shown, sizeof(shown));
    }
}

static void close_between(int first, int last)
{
    if (last >= 0 && last < first) {
        return;
    }
    if (syscall(SYS_close_range, (unsigned)first, last < 0 ? ~0U : (unsigned)last, 0) == 0) {
        return;
    }
    struct rlimit limit;
    int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int fd = first; fd < end && (last < 0 || fd <= last); fd++) {
        close(fd);
    }
}

static int compare_fds(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void payload_close_but(int first, int *keep, size_t count)
{
    qsort(keep, count, sizeof(*keep), compare_fds);
    for (size_t i = 0; i < count; i++) {
        if (keep[i] >= first) {
            close_between(first, keep[i] - 1);
            first = keep[i] + 1;
        }
    }
    close_between(first, -1);
}

static int mark_rest_close_on_exec(int first)
{
    enum { CLOEXEC_FLAG = 1U << 2 }; /* CLOSE_RANGE_CLOEXEC, since 5.11 */
    if (syscall(SYS_close_range, (unsigned)first, ~0U, (unsigned)CLOEXEC_FLAG) == 0) {
        return 0;
    }
    for (int fd = first; fd < 65536; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0 && fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0) {
            return -1;
        }
    }
    return 0;
}

static void fail(int channel, const struct err *err) __attribute__((noreturn));
static void fail(int channel, const struct err *err)
{
    struct message message = {.kind = MESSAGE_FAILED, .err = *err};
    channel_send(channel, &message, -1);
    _exit(err_exit_code(err));
}

int payload_enter_workdir(const struct plan *plan, struct err *err)
{
    if (chdir(plan->workdir) < 0) {
        return err_set_errno(err, ERR_NOT_FOUND, errno, "enter the work directory '%s' inside the environment",
                             plan->workdir);
    }
    /* A directory that getcwd cannot name is outside of the root (CVE-2024-21626). */
    auto_free char *here = getcwd(NULL, 0);
    struct stat is;
    struct stat wanted;
    if (here == NULL || here[0] != '/' || stat(".", &is) < 0 || stat(plan->workdir, &wanted) < 0 ||
        is.st_dev != wanted.st_dev || is.st_ino != wanted.st_ino) {
        return err_set(err, ERR_HOST, "the work directory '%s' is not inside the environment", plan->workdir);
    }
    return 0;
}

/* The errno that says most about why nothing on the path could be executed. */
static int try_path(const struct plan *plan, const char *name, char **argv, char **environment)
{
    int worst = ENOENT;
    for (const char *at = plan_search_path(plan); *at != '\0';) {
        size_t length = strcspn(at, ":");
        auto_free char *path = xasprintf("%.*s/%s", (int)length, length > 0 ? at : ".", name);
        /* Asked first: the recorder need not hear of each place where the command is not. */
        if (access(path, F_OK) == 0) {
            execve(path, argv, environment);
        }
        struct stat st;
        bool exists = stat(path, &st) == 0 && S_ISREG(st.st_mode);
        if (errno == EACCES || (errno != ENOENT && errno != ENOTDIR) || exists) {
            worst = exists && access(path, X_OK) == 0 && errno == ENOENT ? ELIBBAD : errno;
        }
        at += length;
        at += *at == ':';
    }
    return worst;
}

static int explain_exec(const char *name, int errnum, struct err *err)
{
    struct stat st;
    bool exists = strchr(name, '/') != NULL && stat(name, &st) == 0;
    if (errnum == ELIBBAD || (errnum == ENOENT && exists)) {
        return err_set(err, ERR_COMMAND_ABSENT,
                       "'%s' exists in the environment, but the interpreter or dynamic loader "
                       "that it names does not",
                       name);
    }
    if (errnum == ENOENT || errnum == ENOTDIR) {
        return err_set(err, ERR_COMMAND_ABSENT, "command '%s' not found in the environment", name);
    }
    if (errnum == ENOEXEC) {
        return err_set(err, ERR_COMMAND_DENIED,
                       "'%s' is neither a program for this machine nor a script that begins "
                       "with '#!'",
                       name);
    }
    if (exists && S_ISDIR(st.st_mode)) {
        return err_set(err, ERR_COMMAND_DENIED, "'%s' is a directory, not a command", name);
    }
    return err_set_errno(err, ERR_COMMAND_DENIED, errnum, "cannot execute '%s'", name);
}

static int execute(const struct plan *plan, struct err *err)
{
    char **argv = strlist_items(&plan->argv);
    char **environment = strlist_items(&plan->environment);
    int errnum = ENOENT;
    if (argv[0] == NULL || argv[0][0] == '\0') {
        return err_set(err, ERR_COMMAND_ABSENT, "the command is empty");
    }
    if (strchr(argv[0], '/') != NULL) {
        execve(argv[0], argv, environment);
        errnum = errno;
    } else {
        errnum = try_path(plan, argv[0], argv, environment);
    }
    return explain_exec(argv[0], errnum, err);
}

/* What nohup(1) and a shell's `&` have set for the command on purpose. Everything else that a caller ignores would make
 * a run depend on who started it (Python ignores SIGPIPE, for one). */
static bool is_ignored_on_purpose(int signal)
{
    struct sigaction action;
    return (signal == SIGHUP || signal == SIGINT || signal == SIGQUIT) && sigaction(signal, NULL, &action) == 0 &&
           action.sa_handler == SIG_IGN;
}

static void reset_signals(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) {
        if (signal != SIGKILL && signal != SIGSTOP && !is_ignored_on_purpose(signal)) {
            sigaction(signal, &normal, NULL); /* EINVAL for the two that the C library keeps for itself */
        }
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int take_stdio(const int stdio[3], struct err *err)
{
    for (int fd = 0; fd < 3; fd++) {
        if (stdio[fd] >= 0 && dup2(stdio[fd], fd) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "set up descriptor %d of the command", fd);
        }
    }
    return 0;
}

/* Last: the number may be that of a descriptor which is needed until here. */
static int pass_on(const struct payload_passed *passed, struct err *err)
{
    if (passed->fd == passed->number ? fcntl(passed->fd, F_SETFD, 0) < 0 : dup2(passed->fd, passed->number) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "give the command descriptor %d", passed->number);
    }
    return 0;
}

int payload_become(const struct plan *plan, const int stdio[3], const struct payload_passed *passed, struct err *err)
{
    umask(plan->umask);
    reset_signals();
    if (take_stdio(stdio, err) < 0) {
        return -1;
    }
    if (mark_rest_close_on_exec(3) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "mark descriptors close-on-exec");
    }
    if (passed != NULL && pass_on(passed, err) < 0) {
        return -1;
    }
    return execute(plan, err);
}

void payload_main(const struct init_context *context)
{
    struct err err = {0};
    if (context->limits != NULL && limits_apply(context->limits, &err) < 0) {
        fail(context->channel, &err);
    }
    if (context->own_memory) {
        /* The recorder looks at the caller of execve(2) through its /proc entry, which is closed to an ordinary user
         * while the process is not dumpable. Nobody but PID 1 is here yet who could trace it. */
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    }
    (void)payload_become(context->plan, context->company->stdio, NULL, &err);
    fail(context->channel, &err);
}
