/* SPDX-License-Identifier: BSD-2-Clause
 * recorder_path: paths of a process inside, looked up from outside. */
#include "sandbox/recorder_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"

static int open_inside(int root, const char *path, bool follow)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | (follow ? 0U : O_NOFOLLOW), .resolve = RESOLVE_IN_ROOT};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

bool recorder_path_is_possible(void)
{
    auto_fd int fd = open_inside(AT_FDCWD, ".", true);
    return fd >= 0;
}

/* The name of what a link under /proc refers to. The kernel tells it as seen from the root of the mounts that it is in,
 * which for a process of a run is the root inside (d_path()). */
bool recorder_read_link(const char *link, char *text, size_t size)
{
    static const char gone[] = " (deleted)";
    ssize_t length = readlink(link, text, size - 1);
    if (length <= 0 || text[0] != '/') {
        return false; /* "pipe:[1]" */
    }
    text[length] = '\0';
    size_t end = (size_t)length;
    return end < sizeof(gone) || strcmp(text + end - (sizeof(gone) - 1), gone) != 0;
}

static bool open_file_of(pid_t thread, int fd, char *text, size_t size)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, fd);
    return recorder_read_link(link, text, size);
}

static bool start_of(struct recorder_callers *callers, pid_t thread, int directory, char *text, size_t size)
{
    if (directory != AT_FDCWD) {
        return open_file_of(thread, directory, text, size);
    }
    const char *folder = recorder_caller_folder(callers, thread);
    if (folder != NULL) {
        snprintf(text, size, "%s", folder);
    }
    return folder != NULL;
}

bool recorder_absolute(struct recorder_callers *callers, pid_t thread, int directory, const char *path,
                       char ret_path[PATH_MAX])
{
    size_t length = strlen(path);
    if (path[0] == '/') {
        memcpy(ret_path, path, length + 1);
        return true;
    }
    if (!start_of(callers, thread, directory, ret_path, PATH_MAX)) {
        return false;
    }
    size_t at = strlen(ret_path);
    if (length == 0) {
        return true;
    }
    if (at + 1 + length >= PATH_MAX) {
        return false;
    }
    if (at > 1) {
        ret_path[at++] = '/';
    }
    memcpy(ret_path + at, path, length + 1);
    return true;
}

static bool have_root(struct recorder_root *root, pid_t thread)
{
    char link[64];
    if (root->fd < 0) {
        snprintf(link, sizeof(link), "/proc/%d/root", thread);
        root->fd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    return root->fd >= 0;
}

void recorder_root_close(struct recorder_root *root)
{
    if (root->fd >= 0) {
        close(root->fd);
        root->fd = -1;
    }
}

bool recorder_describe(int path_fd, struct recorder_target *target)
{
    char link[64];
    struct statx stx;
    if (statx(path_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &stx) < 0) {
        return false;
    }
    target->exists = true;
    target->born_ns =
        (stx.stx_mask & STATX_BTIME) != 0 ? (int64_t)stx.stx_btime.tv_sec * 1000000000 + stx.stx_btime.tv_nsec : 0;
    target->st = (struct stat){
        .st_dev = makedev(stx.stx_dev_major, stx.stx_dev_minor),
        .st_ino = stx.stx_ino,
        .st_mode = stx.stx_mode,
        .st_nlink = stx.stx_nlink,
        .st_size = (off_t)stx.stx_size,
        .st_rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor),
        .st_ctim = {.tv_sec = stx.stx_ctime.tv_sec, .tv_nsec = stx.stx_ctime.tv_nsec},
        .st_mtim = {.tv_sec = stx.stx_mtime.tv_sec, .tv_nsec = stx.stx_mtime.tv_nsec},
    };
    snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
    return recorder_read_link(link, target->real, sizeof(target->real));
}

/* Splits off the last component, slashes behind it taken away; false when there is none that could be made. */
static bool split(const char *path, char parent[PATH_MAX], const char **ret_name, size_t *ret_length)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    *ret_name = path + begin;
    *ret_length = end - begin;
    if (begin == 0 || end == begin || (*ret_length == 1 && path[begin] == '.') ||
        (*ret_length == 2 && strncmp(path + begin, "..", 2) == 0)) {
        return false;
    }
    memcpy(parent, path, begin);
    parent[begin] = '\0';
    return true;
}

/* Where `path`, which does not exist, would be made. *ret_link: the last component is a link to nowhere. */
static bool describe_absent(int root, const char *path, struct recorder_target *target, bool *ret_link)
{
    char parent[PATH_MAX];
    const char *name = NULL;
    size_t length = 0;
    if (!split(path, parent, &name, &length)) {
        return false;
    }
    auto_fd int fd = open_inside(root, parent, true);
    if (fd < 0 || !recorder_describe(fd, target) || !S_ISDIR(target->st.st_mode)) {
        return false;
    }
    size_t at = strlen(target->real);
    at -= at == 1;
    if (at + 1 + length >= sizeof(target->real)) {
        return false;
    }
    target->real[at++] = '/';
    memcpy(target->real + at, name, length);
    target->real[at + length] = '\0';
    target->exists = false;
    auto_fd int link = open_inside(root, target->real, false);
    *ret_link = link >= 0;
    return true;
}

/* A link to nowhere, opened with O_CREAT, makes what it names. */
static bool follow_dangling(int root, struct recorder_target *target, char path[PATH_MAX])
{
    char text[PATH_MAX];
    auto_fd int link = open_inside(root, target->real, false);
    ssize_t length = link >= 0 ? readlinkat(link, "", text, sizeof(text) - 1) : -1;
    if (length <= 0) {
        return false;
    }
    text[length] = '\0';
    size_t keep = text[0] == '/' ? 0 : (size_t)(strrchr(target->real, '/') - target->real) + 1;
    if (keep + (size_t)length >= PATH_MAX) {
        return false;
    }
    memcpy(path, target->real, keep);
    memcpy(path + keep, text, (size_t)length + 1);
    return true;
}

/* "/dev/fd/3" and "/proc/self/fd/3" name what the caller itself has open: "self" is somebody else here. -1: another
 * path. */
static int descriptor_number(const char *path)
{
    static const char *const folders[] = {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"};
    static const char *const standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(folders[i]);
        char *end = NULL;
        if (strcmp(path, standard[i]) == 0) {
            return i;
        }
        if (strncmp(path, folders[i], length) == 0 && path[length] != '\0') {
            long number = strtol(path + length, &end, 10);
            return *end == '\0' && number >= 0 && number < INT_MAX ? (int)number : -1;
        }
    }
    return -1;
}

/* Looks `name` up, once more for each link to nowhere at its end. */
static bool look_up(int root, char name[PATH_MAX], bool follow, struct recorder_target *target)
{
    enum { LINKS_MOST = 8 };
    for (int i = 0; i < LINKS_MOST; i++) {
        bool link = false;
        target->fd = open_inside(root, name, follow);
        if (target->fd >= 0) {
            return recorder_describe(target->fd, target);
        }
        if (errno != ENOENT || !describe_absent(root, name, target, &link)) {
            return false;
        }
        if (!link || !follow) {
            return true;
        }
        if (!follow_dangling(root, target, name)) {
            return false;
        }
    }
    return false;
}

/* What a descriptor refers to may have a name on the host that means something else inside. */
static bool is_same(pid_t thread, const char *path, const struct recorder_target *target)
{
    char link[64];
    struct stat own;
    int fd = descriptor_number(path);
    snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, fd);
    return stat(link, &own) == 0 && target->exists && own.st_dev == target->st.st_dev &&
           own.st_ino == target->st.st_ino;
}

bool recorder_root_resolve(struct recorder_root *root, pid_t thread, const char *path, bool follow,
                           struct recorder_target *ret_target)
{
    char name[PATH_MAX];
    ret_target->fd = -1;
    ret_target->exists = false;
    if (!have_root(root, thread)) {
        return false;
    }
    int own = descriptor_number(path);
    if (own < 0) {
        snprintf(name, sizeof(name), "%s", path);
    } else if (!open_file_of(thread, own, name, sizeof(name))) {
        return false;
    }
    bool found = look_up(root->fd, name, follow, ret_target) && (own < 0 || is_same(thread, path, ret_target));
    if (!found) {
        recorder_target_release(ret_target);
    }
    return found;
}

void recorder_target_release(struct recorder_target *target)
{
    if (target->fd >= 0) {
        close(target->fd);
        target->fd = -1;
    }
}
