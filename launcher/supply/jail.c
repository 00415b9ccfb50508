/* SPDX-License-Identifier: BSD-2-Clause
 * jail: shuts the calling process in. user_namespaces(7), pivot_root(2), capabilities(7). */
#include "supply/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"

/* The sanitizers of a test build reserve terabytes, and what they have to say must be seen. */
#if defined(__SANITIZE_ADDRESS__)
#define JAIL_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_SANITIZED true
#endif
#endif
#if !defined(JAIL_SANITIZED)
#define JAIL_SANITIZED false
#endif

static int write_text(const char *path, const char *text)
{
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(text);
    return fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : -1;
}

/* One number onto itself: files belong to the caller, and no other owner can even be named. */
static int map_self(uid_t uid, gid_t gid)
{
    char map[64];
    snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
    if (write_text("/proc/self/uid_map", map) < 0 || write_text("/proc/self/setgroups", "deny") < 0) {
        return -1;
    }
    snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
    return write_text("/proc/self/gid_map", map);
}

static int drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    return (int)syscall(SYS_capset, &head, none);
}

/* The current directory, bound onto itself, becomes the root; the old root, stacked below it, is detached. */
static int make_root(void)
{
    auto_free char *here = fs_current_dir();
    /* Private before anything else: no mount of ours may travel back to the host. */
    if (here == NULL || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(".", ".", NULL, MS_BIND, NULL) < 0) {
        return -1;
    }
    /* "." still names what lies below the bind; the path names what lies on top. */
    if (chdir(here) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0) {
        return -1;
    }
    return chdir("/");
}

static int fail(struct err *err, const char *what)
{
    return err_set_errno(err, ERR_HOST, errno, "%s", what);
}

int jail_enter(int *dir_fd, struct err *err)
{
    const int namespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    /* Entered before the namespaces are made: they copy the current directory with its mount, while a descriptor goes
     * on naming the mount of the host, which cannot be bound here. */
    if (fchdir(*dir_fd) < 0) {
        return fail(err, "enter the stage");
    }
    if (unshare(CLONE_NEWUSER | namespaces) == 0) {
        if (map_self(uid, gid) < 0) {
            return fail(err, "map the user in a namespace");
        }
    } else if (uid != 0 || unshare(namespaces) < 0) {
        return fail(err, "create namespaces");
    }
    if (make_root() < 0) {
        return fail(err, "make a folder the root of a namespace");
    }
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        return fail(err, "open the root of a namespace");
    }
    /* The old descriptor leads out through the mounts of the host. */
    close(*dir_fd);
    *dir_fd = root;
    return drop_capabilities() < 0 ? fail(err, "give up capabilities") : 0;
}

static void limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit is;
    if (getrlimit(resource, &is) == 0) {
        is.rlim_cur = is.rlim_max = is.rlim_max < value ? is.rlim_max : value;
        setrlimit(resource, &is);
    }
}

void jail_limit(const struct jail_limits *limits)
{
    enum { THREADS = 4 };     /* at most this many compute at once */
    signal(SIGXFSZ, SIG_IGN); /* then the write fails with EFBIG */
    limit(RLIMIT_FSIZE, limits->file_bytes);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, limits->seconds * THREADS);
    /* As many directories as a path has levels, twice, and some. */
    limit(RLIMIT_NOFILE, 4096);
    if (!JAIL_SANITIZED) {
        limit(RLIMIT_AS, limits->memory_bytes);
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void close_range_or_each(unsigned first, unsigned last)
{
    struct rlimit most;
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0) {
        return; /* since 5.9 */
    }
    if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur <= last) {
        last = (unsigned)most.rlim_cur;
    }
    for (unsigned fd = first; fd < last; fd++) {
        close((int)fd);
    }
}

static int compare_numbers(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static bool is_among(int fd, const int *keep, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (keep[i] == fd) {
            return true;
        }
    }
    return false;
}

void jail_close_others(int *keep, size_t count)
{
    unsigned next = STDERR_FILENO + 1;
    /* What a library prints has no place here, and a terminal takes orders in escape sequences. */
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= (JAIL_SANITIZED ? STDOUT_FILENO : STDERR_FILENO); fd++) {
        if (!is_among(fd, keep, count) && (nowhere < 0 || dup2(nowhere, fd) < 0)) {
            close(fd);
        }
    }
    qsort(keep, count, sizeof(*keep), compare_numbers);
    for (size_t i = 0; i < count; i++) {
        if (keep[i] >= (int)next) {
            close_range_or_each(next, (unsigned)keep[i] - 1);
            next = (unsigned)keep[i] + 1;
        }
    }
    close_range_or_each(next, ~0U);
}
