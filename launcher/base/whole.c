/* SPDX-License-Identifier: BSD-2-Clause
 * whole: a file that appears under its name whole or not at all. */
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"

static char *private_name(const char *name)
{
    uint64_t random = 0;
    if (!random_fill(&random, sizeof(random))) {
        return NULL;
    }
    return xasprintf(".%.200s.%016llx", name, (unsigned long long)random);
}

static int open_folder(struct whole *whole, struct err *err)
{
    struct stat st;
    const char *base = path_base(whole->path);
    auto_free char *folder = base == whole->path ? xstrdup(".") : xstrndup(whole->path, (size_t)(base - whole->path));
    if (base[0] == '\0' || base[strlen(base) - 1] == '/') {
        return err_set(err, ERR_USAGE, "'%s' is not the name of a file", whole->path);
    }
    whole->name = xstrdup(base);
    whole->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (whole->folder_fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "create '%s'", whole->path);
    }
    if (fstatat(whole->folder_fd, whole->name, &st, 0) == 0 && !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_USAGE, "'%s' is there already, and no regular file", whole->path);
    }
    return 0;
}

int whole_begin(struct whole *whole, const char *path, mode_t mode, struct err *err)
{
    *whole = (struct whole){.fd = -1, .folder_fd = -1, .path = xstrdup(path)};
    if (open_folder(whole, err) < 0) {
        return -1;
    }
    whole->fd = openat(whole->folder_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
    if (whole->fd < 0) { /* NFS and others cannot */
        whole->private = private_name(whole->name);
        whole->fd = whole->private == NULL ? -1
                                           : openat(whole->folder_fd, whole->private,
                                                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    }
    return whole->fd >= 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", path);
}

/* renameat2(2) cannot refuse on every file system (NFS: EINVAL); link(2) refuses on all that have it. */
static int rename_new(const struct whole *whole)
{
    if (renameat2(whole->folder_fd, whole->private, whole->folder_fd, whole->name, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL || linkat(whole->folder_fd, whole->private, whole->folder_fd, whole->name, 0) < 0) {
        return -1;
    }
    return unlinkat(whole->folder_fd, whole->private, 0);
}

/* Linked under a private name and renamed: linkat(2) replaces nothing. */
static int publish(struct whole *whole)
{
    if (fdatasync(whole->fd) < 0) {
        return -1;
    }
    if (whole->private == NULL) {
        char self[40];
        auto_free char *name = private_name(whole->name);
        snprintf(self, sizeof(self), "/proc/self/fd/%d", whole->fd);
        if (name == NULL || linkat(AT_FDCWD, self, whole->folder_fd, name, AT_SYMLINK_FOLLOW) < 0) {
            return -1;
        }
        whole->private = steal_ptr(&name);
    }
    int result =
        whole->keep ? rename_new(whole) : renameat(whole->folder_fd, whole->private, whole->folder_fd, whole->name);
    if (result < 0) {
        return -1;
    }
    free(whole->private);
    whole->private = NULL;
    fsync(whole->folder_fd);
    return 0;
}

int whole_commit(struct whole *whole, struct err *err)
{
    int result = publish(whole);
    if (result < 0) {
        err_set_errno(err, whole->keep && errno == EEXIST ? ERR_USAGE : ERR_SYSTEM, errno, "write '%s'", whole->path);
    }
    whole_abandon(whole);
    return result;
}

void whole_abandon(struct whole *whole)
{
    if (whole->private != NULL) {
        unlinkat(whole->folder_fd, whole->private, 0);
    }
    if (whole->fd >= 0) {
        close(whole->fd);
    }
    if (whole->folder_fd >= 0) {
        close(whole->folder_fd);
    }
    free(whole->path);
    free(whole->name);
    free(whole->private);
    *whole = (struct whole){.fd = -1, .folder_fd = -1};
}
