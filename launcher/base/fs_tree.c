/* SPDX-License-Identifier: BSD-2-Clause
 * fs_tree: the part of fs.h about directories: look-ups that stay beneath, making, listing and removing trees. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/progress.h"

/* For kernels before 5.6: every directory on the way is opened by itself, without following a link. */
static int open_by_components(int dirfd, const char *path, int flags, mode_t mode)
{
    auto_fd int parent = -1;
    for (;;) {
        size_t length = strcspn(path, "/");
        auto_free char *component = xstrndup(path, length);
        int from = parent >= 0 ? parent : dirfd;
        if (path[length] == '\0') {
            return openat(from, component, flags | O_NOFOLLOW | O_CLOEXEC, mode);
        }
        int next = openat(from, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) {
            return -1;
        }
        if (parent >= 0) {
            close(parent);
        }
        parent = next;
        path += length + 1;
    }
}

int fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
    if (!path_is_clean(path)) {
        errno = EINVAL;
        return -1;
    }
    struct open_how how = {
        .flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC),
        .mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? mode : 0, /* the kernel refuses a mode without O_CREAT */
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
    if (fd < 0 && errno == ENOSYS) {
        return open_by_components(dirfd, path, flags, mode);
    }
    return fd;
}

int fs_make_dirs(const char *path, mode_t mode, struct err *err)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST) {
        return 0;
    }
    const char *slash = strrchr(path, '/');
    if (errno == ENOENT && slash != NULL && slash != path) {
        auto_free char *parent = xstrndup(path, (size_t)(slash - path));
        if (fs_make_dirs(parent, mode, err) < 0) {
            return -1;
        }
        if (mkdir(path, mode) == 0 || errno == EEXIST) {
            return 0;
        }
    }
    return err_set_errno(err, ERR_SYSTEM, errno, "create directory '%s'", path);
}

int fs_list(int dirfd, const char *name, struct strlist *ret_names, struct err *err)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open directory '%s'", name);
    }
    auto_dir DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return err_set_errno(err, ERR_SYSTEM, errno, "read directory '%s'", name);
    }
    for (errno = 0;;) {
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            strlist_add(ret_names, entry->d_name);
        }
    }
    if (errno != 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read directory '%s'", name);
    }
    strlist_sort(ret_names);
    return 0;
}

/* One level of a removal: an open directory and the name it has in its parent. */
struct level {
    DIR *dir;
    char *name;
};

struct levels {
    struct level *item;
    size_t count;
    size_t capacity;
};

/* Enters `name`, making it readable first: trees of archives hold directories without any permission. */
static int push_level(struct levels *levels, int parent, const char *name, dev_t device)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0) {
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
        return -1;
    }
    struct stat st;
    if (fstat(fd, &st) < 0 || (device != 0 && st.st_dev != device)) {
        close(fd);
        errno = EXDEV;
        return -1;
    }
    bool closed = (st.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0;
    DIR *dir = closed ? NULL : fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return -1;
    }
    if (levels->count == levels->capacity) {
        levels->capacity = levels->capacity < 16 ? 16 : levels->capacity * 2;
        levels->item = xreallocarray(levels->item, levels->capacity, sizeof(*levels->item));
    }
    levels->item[levels->count++] = (struct level){.dir = dir, .name = xstrdup(name)};
    return 0;
}

/* A tree of 3,000 levels would need as many descriptors, so deep trees are flattened: a directory found at the limit is
 * moved up beside the root of the removal and comes later. */
enum { DEEPEST = 64 };

static int remove_entry_of(struct levels *levels, const char *name, dev_t device, int top, unsigned *moved)
{
    int here = dirfd(levels->item[levels->count - 1].dir);
    progress_tick(PROGRESS_FILES, 1);
    if (unlinkat(here, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    if (errno != EISDIR && errno != EPERM) {
        return -1;
    }
    if (unlinkat(here, name, AT_REMOVEDIR) == 0) {
        return 0;
    }
    if (levels->count < DEEPEST) {
        return push_level(levels, here, name, device);
    }
    /* Moving a directory rewrites its "..": it must be writable. */
    if (fchmodat(here, name, 0700, 0) < 0) {
        return -1;
    }
    for (;;) { /* the tree may hold the very names that we move to */
        auto_free char *higher = xasprintf(".deep.%u", (*moved)++);
        if (renameat(here, name, top, higher) == 0) {
            return 0;
        }
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) {
            return -1;
        }
    }
}

/* Others may remove the same tree at the same time: what is gone is gone. */
static int remove_entry(struct levels *levels, const char *name, dev_t device, int top, unsigned *moved)
{
    int result = remove_entry_of(levels, name, device, top, moved);
    return result < 0 && errno == ENOENT ? 0 : result;
}

static int remove_levels(struct levels *levels, int dirfd_root)
{
    struct stat st;
    unsigned moved = 0;
    if (fstat(dirfd(levels->item[0].dir), &st) < 0) {
        return -1;
    }
    int top = dirfd(levels->item[0].dir);
    while (levels->count > 0) {
        struct level *level = &levels->item[levels->count - 1];
        errno = 0;
        struct dirent *entry = readdir(level->dir);
        if (entry != NULL) {
            bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
            if (!dots && remove_entry(levels, entry->d_name, st.st_dev, top, &moved) < 0) {
                return -1;
            }
            continue;
        }
        if (errno != 0) {
            return -1;
        }
        int parent = levels->count > 1 ? dirfd(levels->item[levels->count - 2].dir) : dirfd_root;
        if (unlinkat(parent, level->name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
            if (errno != ENOTEMPTY) {
                return -1;
            }
            rewinddir(level->dir); /* entries were moved up here, or skipped while others were removed */
            continue;
        }
        closedir(level->dir);
        free(level->name);
        levels->count--;
    }
    return 0;
}

int fs_remove_tree(int dirfd, const char *name, struct err *err)
{
    struct levels levels = {0};
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }
    int result = push_level(&levels, dirfd, name, 0);
    if (result == 0) {
        result = remove_levels(&levels, dirfd);
    } else if (errno == ENOENT) {
        result = 0;
    }
    if (result < 0) {
        result = err_set_errno(err, ERR_SYSTEM, errno, "remove '%s'", name);
    }
    while (levels.count > 0) {
        struct level *level = &levels.item[--levels.count];
        closedir(level->dir);
        free(level->name);
    }
    free(levels.item);
    return result;
}
