/* SPDX-License-Identifier: BSD-2-Clause
 * fs_root: the part of fs.h that looks paths up inside a root file system, in user space: openat2 with
 * RESOLVE_IN_ROOT would do the same from Linux 5.6 on, one way for all kernels is simpler. */
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/walk.h"

enum { TARGET_MOST = 4096 };

struct disk {
    struct walk_tree tree;
    int root_fd;
};

static bool stat_below(const struct disk *disk, const char *below, struct stat *st)
{
    return fstatat(disk->root_fd, below[0] != '\0' ? below : ".", st, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum walk_kind look(const struct walk_tree *tree, const char *below, struct buf *ret_target)
{
    const struct disk *disk = (const struct disk *)tree;
    char target[TARGET_MOST];
    struct stat st;
    if (!stat_below(disk, below, &st)) {
        return WALK_ABSENT;
    }
    if (!S_ISLNK(st.st_mode)) {
        return S_ISDIR(st.st_mode) ? WALK_DIRECTORY : WALK_OTHER;
    }
    ssize_t length = readlinkat(disk->root_fd, below, target, sizeof(target));
    if (length <= 0 || length == (ssize_t)sizeof(target)) {
        return WALK_ABSENT;
    }
    buf_add(ret_target, target, (size_t)length);
    return WALK_LINK;
}

bool fs_find_in_root(int root_fd, const char *path, struct buf *ret_below, struct stat *ret_st)
{
    struct disk disk = {.tree = {.look = look}, .root_fd = root_fd};
    struct stat st;
    auto_release(buf) struct buf below = {0};
    if (walk_path(&disk.tree, path, true, &below) == WALK_ABSENT || !stat_below(&disk, buf_text(&below), &st)) {
        return false;
    }
    if (ret_below != NULL) {
        buf_add(ret_below, buf_text(&below), below.length);
    }
    if (ret_st != NULL) {
        *ret_st = st;
    }
    return true;
}

bool fs_exists_in_root(int root_fd, const char *path)
{
    return fs_find_in_root(root_fd, path, NULL, NULL);
}
