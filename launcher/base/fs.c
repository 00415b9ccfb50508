/* SPDX-License-Identifier: BSD-2-Clause
 * fs: files. Reading, writing, copying; trees are in fs_tree.c. */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/random.h"

int fs_read_fd(int fd, const char *name, size_t most, struct buf *buf, struct err *err)
{
    char chunk[16384];
    size_t total = 0;
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read '%s'", name);
        }
        if (got == 0) {
            return 0;
        }
        total += (size_t)got;
        if (total > most) {
            return err_set(err, ERR_INVALID, "'%s' is larger than %zu bytes", name, most);
        }
        buf_add(buf, chunk, (size_t)got);
    }
}

int fs_read_at(int dirfd, const char *name, size_t most, struct buf *buf, struct err *err)
{
    /* O_NONBLOCK: a FIFO put in the place of the file must not hold the program. */
    auto_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s'", name);
    }
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "stat '%s'", name);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "'%s' is not a regular file", name);
    }
    return fs_read_fd(fd, name, most, buf, err);
}

int fs_read_path(const char *path, size_t most, struct buf *buf, struct err *err)
{
    return fs_read_at(AT_FDCWD, path, most, buf, err);
}

int fs_write_fd(int fd, const char *name, const void *bytes, size_t length, struct err *err)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t put = write(fd, at, length);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "write '%s'", name);
        }
        at += put;
        length -= (size_t)put;
    }
    return 0;
}

int fs_write_atomic(int dirfd, const char *name, mode_t mode, const void *bytes, size_t length, struct err *err)
{
    uint64_t random = 0;
    if (!random_fill(&random, sizeof(random))) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    auto_free char *private = xasprintf(".%s.%016llx", name, (unsigned long long)random);
    auto_fd int fd = openat(dirfd, private, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", name);
    }
    int result = fs_write_fd(fd, name, bytes, length, err);
    if (result == 0 && renameat(dirfd, private, dirfd, name) < 0) {
        result = err_set_errno(err, ERR_SYSTEM, errno, "rename to '%s'", name);
    }
    if (result < 0) {
        unlinkat(dirfd, private, 0);
    }
    return result;
}

static int copy_by_reading(int from, int to, const char *name, struct err *err)
{
    enum { CHUNK = 128 * 1024 };
    auto_free char *chunk = xmalloc(CHUNK);
    for (;;) {
        ssize_t got = read(from, chunk, CHUNK);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read '%s'", name);
        }
        if (got == 0) {
            return 0;
        }
        if (fs_write_fd(to, name, chunk, (size_t)got, err) < 0) {
            return -1;
        }
        progress_tick(PROGRESS_BYTES, (uint64_t)got);
    }
}

int fs_copy_fd(int from, int to, const char *name, struct err *err)
{
    if (ioctl(to, FICLONE, from) == 0) {
        return 0;
    }
    for (;;) {
        ssize_t copied = copy_file_range(from, NULL, to, NULL, 1U << 30, 0);
        if (copied == 0) {
            break; /* also what some file systems answer for files they cannot copy: the read below sees the rest */
        }
        progress_tick(PROGRESS_BYTES, copied > 0 ? (uint64_t)copied : 0);
        if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG)) {
            return err_set_errno(err, ERR_SYSTEM, errno, "copy '%s'", name);
        }
        if (copied < 0 && errno != EINTR) {
            break;
        }
    }
    return copy_by_reading(from, to, name, err);
}

static char *link_target(const char *path)
{
    char target[4096];
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0 || length >= (ssize_t)sizeof(target) - 1) {
        return NULL;
    }
    target[length] = '\0';
    return xstrdup(target);
}

char *fs_self_path(void)
{
    return link_target("/proc/self/exe");
}

char *fs_current_dir(void)
{
    return getcwd(NULL, 0);
}
