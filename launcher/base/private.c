/* SPDX-License-Identifier: BSD-2-Clause
 * private: a folder of one process that is gone at its end. */
#include "base/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"

/* Holds the lock while it removes, so that the folder's maker, should there be one, sees that it lost it. */
static void remove_leftover(int parent_fd, const char *name)
{
    struct stat st;
    struct err ignored = {0};
    auto_fd int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        return;
    }
    if (fs_remove_tree(parent_fd, name, &ignored) < 0) {
        log_debug("left by a killed process: %s", ignored.text);
    }
}

static void remove_leftovers(int parent_fd, const char *prefix)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    if (fs_list(parent_fd, ".", &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (strncmp(names.item[i], prefix, strlen(prefix)) == 0) {
            remove_leftover(parent_fd, names.item[i]);
        }
    }
}

/* 1 made and locked, 0 lost to a process that cleans up, -1 error. */
static int make(struct private_folder *folder, const char *prefix)
{
    struct stat st;
    uint64_t random = 0;
    if (!random_fill(&random, sizeof(random))) {
        return -1;
    }
    auto_free char *name = xasprintf("%s%016llx", prefix, (unsigned long long)random);
    if (mkdirat(folder->parent_fd, name, 0700) < 0) {
        return errno == EEXIST ? 0 : -1;
    }
    auto_fd int fd = openat(folder->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    bool taken = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (taken || fstat(fd, &st) < 0 || st.st_nlink == 0) {
        return 0;
    }
    folder->fd = steal_fd(&fd);
    folder->name = steal_ptr(&name);
    return 1;
}

int private_folder_open(struct private_folder *folder, const char *parent, const char *prefix, struct err *err)
{
    enum { ATTEMPTS = 100 };
    int made = -1;
    *folder = (struct private_folder)PRIVATE_FOLDER_NONE;
    folder->parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->parent_fd >= 0) {
        remove_leftovers(folder->parent_fd, prefix);
        made = 0;
    }
    for (int i = 0; i < ATTEMPTS && made == 0; i++) {
        made = make(folder, prefix);
    }
    if (made <= 0) {
        err_set_errno(err, ERR_SYSTEM, errno, "make a private folder in '%s'", parent);
        private_folder_close(folder);
        return -1;
    }
    folder->path = xasprintf("%s/%s", parent, folder->name);
    return 0;
}

void private_folder_close(struct private_folder *folder)
{
    struct err err = {0};
    if (folder->name != NULL && fs_remove_tree(folder->parent_fd, folder->name, &err) < 0) {
        log_warn("a private folder stays behind: %s", err.text);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    if (folder->parent_fd >= 0) {
        close(folder->parent_fd);
    }
    free(folder->name);
    free(folder->path);
    *folder = (struct private_folder)PRIVATE_FOLDER_NONE;
}
