/* SPDX-License-Identifier: BSD-2-Clause
 * spool: one file that holds the contents of all files of a build. */
#include "supply/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int spool_open(struct spool *spool, int dirfd, const char *name, struct err *err)
{
    atomic_init(&spool->used, 0);
    /* Not O_TMPFILE: cluster file systems lack it, and the folder is private. */
    spool->fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (spool->fd < 0 || unlinkat(dirfd, name, 0) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a file for the contents");
    }
    return 0;
}

uint64_t spool_reserve(struct spool *spool, uint64_t size)
{
    return atomic_fetch_add(&spool->used, size);
}

int spool_write(const struct spool *spool, uint64_t offset, const void *bytes, size_t length, struct err *err)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t put = pwrite(spool->fd, at, length, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "write the contents");
        }
        at += put;
        offset += (uint64_t)put;
        length -= (size_t)put;
    }
    return 0;
}

int spool_read(const struct spool *spool, uint64_t offset, void *bytes, size_t length, struct err *err)
{
    char *at = bytes;
    while (length > 0) {
        ssize_t got = pread(spool->fd, at, length, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return err_set_errno(err, ERR_SYSTEM, got < 0 ? errno : EIO, "read the contents");
        }
        at += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return 0;
}

void spool_close(struct spool *spool)
{
    if (spool->fd >= 0) {
        close(spool->fd);
    }
    spool->fd = -1;
}
