/* SPDX-License-Identifier: BSD-2-Clause
 * enter_share: what a process that joins a run gets beside the namespaces. */
#include "sandbox/enter_share.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/cgroup_scope.h"

/* Since 5.14, <linux/prctl.h>. */
enum { SCHED_CORE = 62, SCHED_CORE_SHARE_FROM = 3 };

enum { TEXT_MOST = 4 << 20 };

/* The group of a hierarchy, out of /proc/PID/cgroup: lines "N:CONTROLLERS:PATH" (cgroups(7)). Caller frees; NULL. */
static char *group_of(const char *text, const char *middle)
{
    for (const char *line = text; *line != '\0'; line += line[strcspn(line, "\n")] == '\n') {
        const char *colon = strchr(line, ':');
        size_t length = strcspn(line, "\n");
        if (colon != NULL && strncmp(colon, middle, strlen(middle)) == 0) {
            return xstrndup(colon + strlen(middle), length - (size_t)(colon - line) - strlen(middle));
        }
        line += length;
    }
    return NULL;
}

/* Where the hierarchy is mounted whole: the root of the mount is "/" or what our own group begins with. `type` is
 * "cgroup2", or "cgroup" with the controllers among the options. */
static int open_group(const char *mounts, const char *middle, const char *group)
{
    auto_free char *controllers = xstrndup(middle + 1, strlen(middle) - 2);
    bool unified = controllers[0] == '\0';
    auto_free char *wanted = unified ? xstrdup(" - cgroup2 ") : xstrdup(" - cgroup ");
    for (const char *line = mounts; *line != '\0'; line += line[strcspn(line, "\n")] == '\n') {
        size_t length = strcspn(line, "\n");
        auto_free char *text = xstrndup(line, length);
        char root[PATH_MAX];
        char place[PATH_MAX];
        const char *kind = strstr(text, wanted);
        line += length;
        if (kind == NULL || sscanf(text, "%*s %*s %*s %4095s %4095s", root, place) != 2 ||
            (!unified && strstr(kind, controllers) == NULL)) {
            continue;
        }
        size_t skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
        if (strncmp(group, root, skip) == 0) {
            auto_free char *path = xasprintf("%s%s/cgroup.procs", place, group + skip);
            return open(path, O_WRONLY | O_CLOEXEC);
        }
    }
    errno = ENOENT;
    return -1;
}

static bool is_of_a_run(const char *group)
{
    const char *name = strrchr(group, '/');
    return name != NULL && strncmp(name, "/sciwrap-", strlen("/sciwrap-")) == 0;
}

/* A process may be moved when both groups lie below one whose cgroup.procs its user may write (cgroup-v2.rst,
 * "Delegation Containment"). A user's session does not, but a scope of the user's systemd, as that of the run is. What
 * comes of it is seen when the group is joined. */
static void come_near(const char *mounts, const char *middle, const char *group, const char *mine)
{
    size_t same = 0;
    for (size_t i = 0; mine != NULL && group[i] == mine[i]; i++) {
        same = group[i] == '/' || group[i] == '\0' ? i : same;
        if (group[i] == '\0') {
            break;
        }
    }
    auto_free char *common = xstrndup(group, same);
    auto_free char *why = NULL;
    auto_fd int fd = open_group(mounts, middle, common);
    if (fd < 0 && strcmp(middle, "::") == 0 && geteuid() != 0) {
        (void)cgroup_scope_enter(&why);
    }
}

/* A run without limits of its own is wherever its launcher was; a command beside it need not be there. */
static int take_group(struct share *share, const char *mounts, const char *middle, const char *theirs, const char *own,
                      struct err *err)
{
    auto_free char *group = group_of(theirs, middle);
    auto_free char *mine = group_of(own, middle);
    if (group == NULL || (mine != NULL && strcmp(group, mine) == 0) || !is_of_a_run(group)) {
        return 0;
    }
    int fd = share->groups < SHARE_GROUPS ? open_group(mounts, middle, group) : -1;
    if (fd < 0) {
        return err_set_errno(err, ERR_HOST, errno, "join the control group '%s', without which the limits do not hold",
                             group);
    }
    share->group[share->groups++] = fd;
    come_near(mounts, middle, group, mine);
    return 0;
}

static int take_groups(struct share *share, pid_t process, struct err *err)
{
    auto_release(buf) struct buf mounts = {0};
    auto_release(buf) struct buf theirs = {0};
    auto_release(buf) struct buf own = {0};
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)process);
    if (fs_read_path(path, TEXT_MOST, &theirs, err) < 0 ||
        fs_read_path("/proc/self/cgroup", TEXT_MOST, &own, err) < 0 ||
        fs_read_path("/proc/self/mountinfo", TEXT_MOST, &mounts, err) < 0) {
        return -1;
    }
    const char *text = buf_text(&theirs);
    for (const char *line = text; *line != '\0'; line += line[strcspn(line, "\n")] == '\n') {
        const char *colon = strchr(line, ':');
        const char *end = colon != NULL ? strchr(colon + 1, ':') : NULL;
        if (end != NULL) {
            auto_free char *middle = xstrndup(colon, (size_t)(end - colon) + 1);
            if (take_group(share, buf_text(&mounts), middle, text, buf_text(&own), err) < 0) {
                return -1;
            }
        }
        line += strcspn(line, "\n");
    }
    return 0;
}

static void take_cpus(struct share *share, pid_t process)
{
    enum { CPUS_MOST = 8192 };
    share->cpus_size = CPU_ALLOC_SIZE(CPUS_MOST);
    share->cpus = xcalloc(1, share->cpus_size);
    if (sched_getaffinity(process, share->cpus_size, share->cpus) < 0) {
        free(share->cpus);
        share->cpus = NULL;
    }
    /* Where the run has cores of its own, its cookie: our child inherits it. EINVAL or ENODEV where there is none. */
    prctl(SCHED_CORE, SCHED_CORE_SHARE_FROM, process, 0, 0);
}

int share_take(struct share *share, pid_t process, struct err *err)
{
    *share = (struct share){0};
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        if (prlimit(process, (__rlimit_resource_t)resource, NULL, &share->limit[resource]) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read the limits of process %d of the run", (int)process);
        }
    }
    take_cpus(share, process);
    return take_groups(share, process, err);
}

int share_give(const struct share *share, struct err *err)
{
    for (int i = 0; i < share->groups; i++) {
        if (write(share->group[i], "0", 1) != 1) {
            return err_set_errno(err, ERR_HOST, errno, "join the control group of the run");
        }
    }
    if (share->cpus != NULL && sched_setaffinity(0, share->cpus_size, share->cpus) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "use the CPUs of the run only");
    }
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit own;
        struct rlimit limit = share->limit[resource];
        if (getrlimit((__rlimit_resource_t)resource, &own) < 0) {
            continue;
        }
        limit.rlim_max = limit.rlim_max < own.rlim_max ? limit.rlim_max : own.rlim_max;
        limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
        if (setrlimit((__rlimit_resource_t)resource, &limit) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "take over limit %d of the run", resource);
        }
    }
    return 0;
}

void share_release(struct share *share)
{
    for (int i = 0; i < share->groups; i++) {
        close(share->group[i]);
    }
    free(share->cpus);
    *share = (struct share){0};
}

static void feed(int from, int to) __attribute__((noreturn));
static void feed(int from, int to)
{
    char bytes[65536];
    ssize_t length;
    while ((length = read(from, bytes, sizeof(bytes))) > 0) {
        for (ssize_t at = 0; at < length;) {
            ssize_t written = write(to, bytes + at, (size_t)(length - at));
            if (written < 0 && errno != EINTR) {
                _exit(0); /* the command has read enough */
            }
            at += written > 0 ? written : 0;
        }
    }
    _exit(0);
}

static int start_feeder(int stdio[3], pid_t *ret_feeder, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a pipe for standard input");
    }
    pid_t parent = getpid();
    pid_t feeder = fork();
    if (feeder == 0) {
        signal(SIGPIPE, SIG_IGN);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        close(ends[0]);
        if (getppid() != parent) {
            _exit(0);
        }
        feed(STDIN_FILENO, ends[1]);
    }
    close(ends[1]);
    if (feeder < 0) {
        close(ends[0]);
        return err_set_errno(err, ERR_SYSTEM, errno, "create a process for standard input");
    }
    stdio[STDIN_FILENO] = ends[0];
    *ret_feeder = feeder;
    return 0;
}

int share_stdio(int stdio[3], pid_t *ret_feeder, struct err *err)
{
    static const char *const names[] = {"standard input", "standard output", "standard error"};
    *ret_feeder = 0;
    for (int fd = 0; fd < 3; fd++) {
        struct stat st;
        int flags = fcntl(fd, F_GETFL);
        stdio[fd] = -1;
        if (flags < 0 || fstat(fd, &st) < 0) {
            continue;
        }
        bool read_only = S_ISREG(st.st_mode) && (flags & O_ACCMODE) == O_RDONLY;
        if (S_ISDIR(st.st_mode) || (read_only && fd != STDIN_FILENO)) {
            return err_set(err, ERR_USAGE, "%s is a %s of the host, which cannot be given into a run", names[fd],
                           read_only ? "file opened for reading only" : "folder");
        }
        if (read_only && start_feeder(stdio, ret_feeder, err) < 0) {
            return -1;
        }
    }
    return 0;
}
