/* SPDX-License-Identifier: BSD-2-Clause
 * stdio: descriptors 0 to 2 of a command, where they would let it do more than they were opened for. */
#include "sandbox/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/mounts.h"

static const char *const names[STDIO_DESCRIPTORS] = {"standard input", "standard output", "standard error"};

static bool needs_guard(int fd, struct stat *ret_st)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, ret_st) < 0) {
        return false;
    }
    bool read_only = (flags & O_ACCMODE) == O_RDONLY; /* of an O_PATH descriptor too */
    return S_ISDIR(ret_st->st_mode) || (S_ISREG(ret_st->st_mode) && read_only);
}

/* The file by its name, as an O_PATH descriptor. By `fd` itself it could not be bound: that is still one of the mount
 * namespace in which it was opened, and the kernel binds only what is in the caller's (check_mnt() in fs/namespace.c).
 * -1 when the name has come to mean something else, or leads nowhere. */
static int find(int fd, const struct stat *st)
{
    char link[40];
    char path[4096];
    struct stat found;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0 || length >= (ssize_t)sizeof(path) - 1) {
        return -1;
    }
    path[length] = '\0';
    auto_fd int source = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool same = source >= 0 && fstat(source, &found) == 0 && found.st_dev == st->st_dev && found.st_ino == st->st_ino;
    return same ? steal_fd(&source) : -1;
}

static bool can_open(int fd, const struct stat *st)
{
    char link[40];
    auto_fd int source = find(fd, st);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", source);
    auto_fd int opened = source >= 0 ? open(link, O_RDONLY | O_NOCTTY | O_CLOEXEC) : -1;
    return opened >= 0;
}

/* Tried without capabilities, because the first process of a sandbox has none over files: uid 0 may open here what it
 * may not there. */
bool stdio_can_guard(int fd)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct all[2];
    struct __user_cap_data_struct none[2];
    struct stat st;
    if (!needs_guard(fd, &st)) {
        return true;
    }
    if (syscall(SYS_capget, &header, all) < 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        none[i] = all[i];
        none[i].effective = 0;
    }
    bool can = syscall(SYS_capset, &header, none) == 0 && can_open(fd, &st);
    return syscall(SYS_capset, &header, all) == 0 && can;
}

int stdio_find(struct stdio *stdio, const int replaced[STDIO_DESCRIPTORS], struct err *err)
{
    for (int fd = 0; fd < STDIO_DESCRIPTORS; fd++) {
        struct stat st;
        stdio->source[fd] = -1;
        if (replaced[fd] >= 0 || !needs_guard(fd, &st)) {
            continue;
        }
        stdio->source[fd] = find(fd, &st);
        if (stdio->source[fd] < 0) {
            return err_set(err, ERR_HOST,
                           "%s is a %s of the host that cannot be made read-only inside, because no name leads to it "
                           "any more; give it through a pipe: cat FILE | sciwrap ...",
                           names[fd], S_ISDIR(st.st_mode) ? "directory" : "file");
        }
    }
    return 0;
}

static int replace(int fd, const char *place, struct err *err)
{
    auto_fd int opened = open(place, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (opened < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open %s again", names[fd]);
    }
    /* Nothing shows it any more but the descriptor. */
    if (umount2(place, MNT_DETACH) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "detach %s", names[fd]);
    }
    off_t offset = lseek(fd, 0, SEEK_CUR);
    if ((offset > 0 && lseek(opened, offset, SEEK_SET) < 0) || dup2(opened, fd) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "replace %s", names[fd]);
    }
    return 0;
}

static int guard(int fd, int source, const char *place, struct err *err)
{
    struct stat st;
    auto_free char *from = xasprintf("/proc/self/fd/%d", source);
    if (fstat(source, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "stat %s", names[fd]);
    }
    int made = S_ISDIR(st.st_mode) ? mkdir(place, 0700) : mknod(place, S_IFREG | 0600, 0);
    if (made < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for %s", names[fd]);
    }
    if (mount_do(from, place, NULL, MS_BIND | MS_REC, NULL, "bind a host path", err) < 0 ||
        mount_restrict(place, true, err) < 0 || replace(fd, place, err) < 0) {
        return -1;
    }
    return 0;
}

int stdio_guard(struct stdio *stdio, const char *yard, struct err *err)
{
    for (int fd = 0; fd < STDIO_DESCRIPTORS; fd++) {
        auto_free char *place = xasprintf("%s/stdio.%d", yard, fd);
        if (stdio->source[fd] >= 0 && guard(fd, stdio->source[fd], place, err) < 0) {
            return err_wrap(err, "%s", names[fd]);
        }
        stdio->guarded[fd] = stdio->source[fd] >= 0;
    }
    stdio_close(stdio);
    return 0;
}

void stdio_close(struct stdio *stdio)
{
    for (int fd = 0; fd < STDIO_DESCRIPTORS; fd++) {
        if (stdio->source[fd] >= 0) {
            close(stdio->source[fd]);
            stdio->source[fd] = -1;
        }
    }
}
