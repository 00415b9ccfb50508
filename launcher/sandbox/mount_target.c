/* SPDX-License-Identifier: BSD-2-Clause
 * mount_target: the part of mounts.h about places for mounts inside the new root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "sandbox/host.h"
#include "sandbox/mounts.h"

/* Each entry costs a mount; beyond this a directory is not meant to get a mount point in passing. */
enum { UNDERLAY_MOST = 2000 };

static int make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0) {
        close(fd);
    }
    return fd < 0 ? -1 : 0;
}

static bool is_empty_dir(const char *path)
{
    auto_dir DIR *dir = opendir(path);
    struct dirent *entry;
    for (errno = 0; dir != NULL && (entry = readdir(dir)) != NULL; errno = 0) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return false;
        }
    }
    return dir != NULL && errno == 0; /* what cannot be read is not covered as if there were nothing */
}

static int copy_link(const char *from, const char *to, struct err *err)
{
    char target[4096];
    ssize_t length = readlink(from, target, sizeof(target) - 1);
    if (length < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read link '%s'", to);
    }
    target[length] = '\0';
    if (symlink(target, to) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make link '%s'", to);
    }
    return 0;
}

static int mount_entry(const char *from, const char *to, struct err *err)
{
    struct stat st;
    if (lstat(from, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "stat '%s'", to);
    }
    if (S_ISLNK(st.st_mode)) {
        return copy_link(from, to, err);
    }
    bool directory = S_ISDIR(st.st_mode);
    if ((directory ? mkdir(to, st.st_mode & 07777) : make_file(to)) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", to);
    }
    if (directory && is_empty_dir(from)) {
        return 0;
    }
    if (mount_do(from, to, NULL, MS_BIND | MS_REC, NULL, "bind the root file system", err) < 0) {
        return -1;
    }
    struct statx seen; /* self_check.h cannot know what the image holds */
    if (statx(AT_FDCWD, to, AT_SYMLINK_NOFOLLOW, 0, &seen) == 0 &&
        (seen.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 && (seen.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) {
        return err_set(err, ERR_HOST, "self-check: '%s' of the environment is not there after it was bound", to);
    }
    return 0;
}

int mount_entries(const char *from, const char *to, bool (*skip)(const char *name), struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    if (fs_list(AT_FDCWD, from, &names, err) < 0) {
        return -1;
    }
    if (names.count > UNDERLAY_MOST) {
        return err_set(err, ERR_HOST,
                       "'%s' holds %zu entries, too many to make a mount point in it; use a path that "
                       "exists in the environment",
                       to, names.count);
    }
    for (size_t i = 0; i < names.count; i++) {
        if (skip != NULL && skip(names.item[i])) {
            continue;
        }
        auto_free char *source = xasprintf("%s/%s", from, names.item[i]);
        auto_free char *target = xasprintf("%s/%s", strcmp(to, "/") == 0 ? "" : to, names.item[i]);
        if (mount_entry(source, target, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Replaces the read-only directory `path` by a tmpfs that shows the same entries and can take new ones. */
static int underlay(struct mount_yard *yard, const char *path, struct err *err)
{
    struct stat st;
    auto_free char *parked = xasprintf("%s/%u", yard->path, yard->next++);
    if (stat(path, &st) < 0 || mkdir(parked, 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a mount point in '%s'", path);
    }
    auto_free char *mode = xasprintf("mode=%o", st.st_mode & 07777);
    if (mount_do(path, parked, NULL, MS_BIND | MS_REC, NULL, "bind the root file system", err) < 0 ||
        mount_do("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, mode, "mount tmpfs", err) < 0) {
        return -1;
    }
    strlist_add(&yard->underlays, path);
    return mount_entries(parked, path, NULL, err);
}

/* Makes `path`, whose parent exists; through an underlay where the parent is read-only. */
static int make_place(struct mount_yard *yard, const char *path, bool directory, struct err *err)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        int result = directory ? mkdir(path, 0755) : make_file(path);
        if (result == 0) {
            return 0;
        }
        /* EACCES: the layer of --writable over a store that belongs to somebody else. */
        if ((errno != EROFS && errno != EACCES) || attempt > 0) {
            break;
        }
        const char *slash = strrchr(path, '/');
        auto_free char *parent = slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
        if (underlay(yard, parent, err) < 0) {
            return -1;
        }
    }
    return err_set_errno(err, ERR_SYSTEM, errno, "make mount point '%s'", path);
}

int mount_make_target(struct mount_yard *yard, const char *target, bool directory, struct err *err)
{
    for (size_t end = 1; target[end - 1] != '\0'; end++) {
        if (target[end] != '/' && target[end] != '\0') {
            continue;
        }
        auto_free char *path = xstrndup(target, end);
        bool last = target[end] == '\0';
        bool want_directory = !last || directory;
        struct stat st;
        if (stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode) != want_directory) {
                return err_set(err, ERR_INVALID, "cannot mount on '%s': '%s' is %s directory in the environment",
                               target, path, want_directory ? "not a" : "a");
            }
        } else if (make_place(yard, path, want_directory, err) < 0) {
            return -1;
        }
        if (last) {
            return 0;
        }
    }
    return 0;
}
