/* SPDX-License-Identifier: BSD-2-Clause
 * packages_tree: the files of a tree that publish/packages reads. */
#include "publish/packages_tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"

/* 64 MiB: the status of 6,000 packages has 6. */
enum { TREE_FILE_MOST = 64 * 1024 * 1024 };

int packages_tree_open(int root_fd, const char *path, int flags)
{
    auto_release(buf) struct buf below = {0};
    if (!fs_find_in_root(root_fd, path, &below, NULL)) {
        return -1;
    }
    flags |= O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    /* fs_open_beneath takes clean paths, and the root itself has none. */
    return below.length == 0 ? openat(root_fd, ".", flags) : fs_open_beneath(root_fd, buf_text(&below), flags, 0);
}

int packages_tree_read(int root_fd, const char *path, struct buf *text, struct err *err)
{
    struct stat st;
    auto_fd int fd = packages_tree_open(root_fd, path, 0);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return 0;
    }
    return fs_read_fd(fd, path, TREE_FILE_MOST, text, err);
}

bool packages_tree_ends(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}
