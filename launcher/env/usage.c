/* SPDX-License-Identifier: BSD-2-Clause
 * usage: how much of a disk a file or folder takes. One folder is open at a time; the way back is "..", which must lead
 * to where we came from. */
#include "env/usage.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/strlist.h"
#include "base/strset.h"

enum { BLOCK = 512 }; /* the unit of st_blocks, whatever the file system's is (inode(7)) */

/* A folder that was entered, and what is to be entered in it. */
struct level {
    struct strlist folders;
    size_t next;
    dev_t device;
    ino_t inode;
};

struct descent {
    struct usage *usage;
    struct strset linked; /* "DEVICE:INODE" of files with several names */
    int fd;               /* the current folder */
    struct level *level;
    size_t count;
    size_t capacity;
};

static void count(struct descent *descent, const struct stat *st)
{
    descent->usage->entries++;
    progress_tick(PROGRESS_FILES, 1);
    if (st->st_nlink > 1 && !S_ISDIR(st->st_mode)) {
        auto_free char *key = xasprintf("%llx:%llx", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
        if (!strset_add(&descent->linked, key)) {
            return;
        }
    }
    descent->usage->bytes += (uint64_t)st->st_blocks * BLOCK;
}

/* The folder `name` of the current one becomes the current one; false when it cannot be entered. */
static bool enter(struct descent *descent, const char *name)
{
    struct stat st;
    struct err ignored = {0};
    struct strlist names = {0};
    auto_fd int fd = openat(descent->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || fs_list(fd, ".", &names, &ignored) < 0) {
        strlist_release(&names);
        return false;
    }
    if (descent->count == descent->capacity) {
        descent->capacity = descent->capacity < 16 ? 16 : descent->capacity * 2;
        descent->level = xreallocarray(descent->level, descent->capacity, sizeof(*descent->level));
    }
    struct level *level = &descent->level[descent->count++];
    *level = (struct level){.device = st.st_dev, .inode = st.st_ino};
    for (size_t i = 0; i < names.count; i++) {
        struct stat entry;
        if (fstatat(fd, names.item[i], &entry, AT_SYMLINK_NOFOLLOW) < 0) {
            continue;
        }
        count(descent, &entry);
        if (S_ISDIR(entry.st_mode) && entry.st_dev == st.st_dev) {
            strlist_add(&level->folders, names.item[i]);
        }
    }
    strlist_release(&names);
    close(descent->fd);
    descent->fd = steal_fd(&fd);
    return true;
}

/* Back to the folder above; false when somebody has moved the current one elsewhere. */
static bool leave(struct descent *descent)
{
    struct stat st;
    strlist_release(&descent->level[--descent->count].folders);
    if (descent->count == 0) {
        return false;
    }
    const struct level *above = &descent->level[descent->count - 1];
    auto_fd int fd = openat(descent->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != above->device || st.st_ino != above->inode) {
        return false;
    }
    close(descent->fd);
    descent->fd = steal_fd(&fd);
    return true;
}

static void descend(struct descent *descent, const char *name)
{
    bool inside = enter(descent, name);
    while (inside) {
        struct level *level = &descent->level[descent->count - 1];
        if (level->next < level->folders.count) {
            (void)enter(descent, level->folders.item[level->next++]);
        } else {
            inside = leave(descent);
        }
    }
}

void usage_add(int dirfd, const char *name, struct usage *usage)
{
    struct stat st;
    struct descent descent = {.usage = usage, .fd = -1};
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return;
    }
    count(&descent, &st);
    descent.fd = S_ISDIR(st.st_mode) ? openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descent.fd >= 0) {
        descend(&descent, name);
        close(descent.fd);
    }
    while (descent.count > 0) {
        strlist_release(&descent.level[--descent.count].folders);
    }
    free(descent.level);
    strset_release(&descent.linked);
}
