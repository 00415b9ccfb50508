/* SPDX-License-Identifier: BSD-2-Clause
 * stage: the writing side of the store: what is private yet. Making it visible is in stage_commit.c. */
#include "supply/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "env/garbage.h"
#include "env/stage_name.h"

/* The new folder, locked; -1 with errno EAGAIN when a cleaner saw it before it was locked and took it away. */
static int make_locked(int tmp_fd, const char *name)
{
    struct stat st;
    if (mkdirat(tmp_fd, name, 0700) < 0) {
        return -1;
    }
    int fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        errno = errno == ENOENT ? EAGAIN : errno;
        return -1;
    }
    bool taken = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (taken || fstat(fd, &st) < 0 || st.st_nlink == 0) {
        /* A cleaner that only looked whether the lock is free, where it cannot know us, leaves the folder to us. */
        unlinkat(tmp_fd, name, AT_REMOVEDIR);
        close(fd);
        errno = EAGAIN;
        return -1;
    }
    return fd;
}

int stage_begin(struct stage *stage, const struct store *store, struct err *err)
{
    *stage = (struct stage){.store = store, .fd = -1};
    auto_fd int tmp = openat(store->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tmp < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s/tmp'", store->path);
    }
    garbage_remove(store, false, NULL);
    for (int attempt = 0; attempt < 10; attempt++) {
        auto_free char *name = stage_name_new(err);
        if (name == NULL) {
            return -1;
        }
        int fd = make_locked(tmp, name);
        if (fd >= 0) {
            stage->fd = fd;
            stage->name = steal_ptr(&name);
            return 0;
        }
        if (errno != EAGAIN) {
            break;
        }
    }
    return err_set_errno(err, ERR_SYSTEM, errno, "create a folder in '%s/tmp'", store->path);
}

int stage_empty(struct stage *stage, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    if (fs_list(stage->fd, ".", &names, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (fs_remove_tree(stage->fd, names.item[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

void stage_release(struct stage *stage)
{
    if (stage->name != NULL) {
        struct err ignored = {0}; /* what cannot be removed is garbage for the next stage_begin */
        auto_fd int tmp = openat(stage->store->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (tmp >= 0) {
            fs_remove_tree(tmp, stage->name, &ignored);
        }
        close(stage->fd);
    } else if (stage->fd > 0) {
        close(stage->fd);
    }
    free(stage->name);
    *stage = (struct stage){.fd = -1};
}

int stage_lock(const struct store *store, const struct digest *digest, const char *label)
{
    enum { WAIT_MS = 60 * 1000, STEP_MS = 50 };
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    auto_free char *name = xasprintf("locks/%s", hex);
    auto_fd int fd = openat(store->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    for (int waited = 0; fd >= 0 && waited < WAIT_MS; waited += STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return steal_fd(&fd);
        }
        if (errno != EWOULDBLOCK) {
            break; /* no locks on this file system */
        }
        if (waited == 0) {
            log_info("%s: waiting for another process that is bringing the same", label);
        }
        struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
        nanosleep(&step, NULL);
    }
    return -1;
}

int stage_lock_download(const struct store *store, const struct digest *digest, const char *label)
{
    return store_for_trees(store) != store ? stage_lock(store, digest, label) : -1;
}
