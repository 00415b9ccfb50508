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
#include "base/path.h"

static int open_path(int root, const char *path, uint64_t flags, uint64_t resolve)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT | resolve};
    enum { TRIES = 1000 };
    int fd = -1;
    /* EAGAIN: with ".." in the path, and somebody on this host renamed something meanwhile (openat2(2)). */
    for (int i = 0; i < TRIES; i++) {
        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
        if (fd >= 0 || errno != EAGAIN) {
            break;
        }
    }
    return fd;
}

static int open_inside(int root, const char *path, bool follow)
{
    return open_path(root, path, follow ? 0U : O_NOFOLLOW, 0);
}

bool recorder_path_is_possible(void)
{
    auto_fd int fd = open_inside(AT_FDCWD, ".", true);
    return fd >= 0;
}

static const char gone[] = " (deleted)"; /* what the kernel puts behind the name that something had, d_path() */

static bool is_gone(const char *text, size_t length)
{
    return length >= sizeof(gone) && strcmp(text + length - (sizeof(gone) - 1), gone) == 0;
}

/* The name of what a link under /proc refers to. The kernel tells it as seen from the root of the mounts that it is in,
 * which for a process of a run is the root inside (d_path()). */
bool recorder_read_link(const char *link, char *text, size_t size)
{
    struct stat st;
    ssize_t length = readlink(link, text, size - 1);
    if (length <= 0 || text[0] != '/') {
        errno = length < 0 ? errno : ENOENT; /* "pipe:[1]" */
        return false;
    }
    text[length] = '\0';
    if (!is_gone(text, (size_t)length)) {
        return true;
    }
    errno = ENOENT;
    return stat(link, &st) == 0 && st.st_nlink > 0; /* else a file that is really called so */
}

static bool open_file_of(pid_t thread, int fd, char *text, size_t size)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, fd);
    return recorder_read_link(link, text, size);
}

static bool is_step(const char *path, const char *step)
{
    size_t length = strlen(step);
    return strncmp(path, step, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* From a folder that was removed only ".." leads anywhere: to where it stood. The kernel still tells that, and without
 * links, so that a step up takes the last component away. What is left of `path`; NULL when it names nothing. */
static const char *leave_gone(pid_t thread, int directory, const char *path, char *text, size_t size)
{
    char link[64];
    if (directory == AT_FDCWD) {
        snprintf(link, sizeof(link), "/proc/%d/cwd", thread);
    } else {
        snprintf(link, sizeof(link), "/proc/%d/fd/%d", thread, directory);
    }
    ssize_t length = readlink(link, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    if (text[0] != '/' || !is_gone(text, (size_t)length)) {
        return NULL;
    }
    bool left = false;
    while (is_step(path, "..") || is_step(path, ".")) {
        if (is_step(path, "..")) {
            left = true;
            char *slash = strrchr(text, '/');
            slash[slash == text] = '\0'; /* "/" is its own parent */
        }
        path += strcspn(path, "/");
        path += strspn(path, "/");
    }
    return left ? path : NULL;
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
    if (length == 0 && directory != AT_FDCWD) {
        snprintf(ret_path, PATH_MAX, "/proc/self/fd/%d", directory);
        return true;
    }
    errno = 0;
    if (!start_of(callers, thread, directory, ret_path, PATH_MAX)) {
        callers->unnamed += errno == ENAMETOOLONG;
        path = leave_gone(thread, directory, path, ret_path, PATH_MAX);
        if (path == NULL) {
            return false;
        }
        length = strlen(path);
    }
    size_t at = strlen(ret_path);
    if (length == 0) {
        return true;
    }
    if (at + 1 + length >= PATH_MAX) {
        callers->unnamed++;
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

void recorder_root_find(struct recorder_root *root, pid_t thread)
{
    (void)have_root(root, thread);
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
    if (!recorder_read_link(link, target->real, sizeof(target->real))) {
        target->real[0] = '\0';
    }
    return true;
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
    if (fd < 0 || !recorder_describe(fd, target) || !S_ISDIR(target->st.st_mode) || target->real[0] == '\0') {
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

/* What a path can begin with, and means something else for each process. */
struct passing {
    char link[64];    /* under the host's /proc */
    const char *rest; /* of the path: "" or from a '/' on */
};

/* "3" or "3/x" behind ".../fd/". */
static bool find_number(const char *text, pid_t thread, struct passing *ret_passing)
{
    char *end = NULL;
    long number = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
    if (number < 0 || number > INT_MAX || (*end != '\0' && *end != '/')) {
        return false;
    }
    snprintf(ret_passing->link, sizeof(ret_passing->link), "/proc/%d/fd/%ld", thread, number);
    ret_passing->rest = end;
    return true;
}

/* Behind "/proc/self/". */
static bool find_in_proc(const char *text, pid_t thread, struct passing *ret_passing)
{
    static const char *const names[] = {"cwd", "root", "exe"};
    if (strncmp(text, "fd/", 3) == 0) {
        return find_number(text + 3, thread, ret_passing);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        size_t length = strlen(names[i]);
        if (strncmp(text, names[i], length) == 0 && (text[length] == '\0' || text[length] == '/')) {
            snprintf(ret_passing->link, sizeof(ret_passing->link), "/proc/%d/%s", thread, names[i]);
            ret_passing->rest = text + length;
            return true;
        }
    }
    return false;
}

long recorder_number_inside(pid_t thread)
{
    char path[64];
    char text[2048];
    snprintf(path, sizeof(path), "/proc/%d/status", thread);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, "\nNStgid:");
    const char *end = line != NULL ? strchr(line + 1, '\n') : NULL;
    while (end != NULL && end > line && end[-1] != '\t') {
        end--;
    }
    return end != NULL ? strtol(end, NULL, 10) : -1;
}

static bool find_passing(const char *path, pid_t thread, struct passing *ret_passing)
{
    static const char *const standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    static const char *const self[] = {"/proc/self/", "/proc/thread-self/"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(path, standard[i]) == 0) {
            snprintf(ret_passing->link, sizeof(ret_passing->link), "/proc/%d/fd/%d", thread, i);
            ret_passing->rest = "";
            return true;
        }
    }
    if (strncmp(path, "/dev/fd/", 8) == 0) {
        return find_number(path + 8, thread, ret_passing);
    }
    for (size_t i = 0; i < sizeof(self) / sizeof(*self); i++) {
        if (strncmp(path, self[i], strlen(self[i])) == 0) {
            return find_in_proc(path + strlen(self[i]), thread, ret_passing);
        }
    }
    if (strncmp(path, "/proc/", 6) == 0 && path[6] >= '1' && path[6] <= '9') {
        char *end = NULL;
        long number = strtol(path + 6, &end, 10);
        return *end == '/' && find_in_proc(end + 1, thread, ret_passing) && number == recorder_number_inside(thread);
    }
    return false;
}

bool recorder_is_passing(const char *path)
{
    return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0 || strncmp(path, "/dev/std", 8) == 0;
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

/* The very thing that a descriptor of the caller refers to, whatever its name. */
static bool open_passing(int root, const struct passing *passing, struct recorder_target *target)
{
    target->fd = open(passing->link, O_PATH | O_CLOEXEC);
    if (target->fd < 0 || !recorder_describe(target->fd, target)) {
        return false;
    }
    /* A descriptor from outside has a name on the host, which may be that of something else inside. */
    struct stat named;
    auto_fd int fd = target->real[0] != '\0' ? open_inside(root, target->real, false) : -1;
    if (fd < 0 || fstat(fd, &named) < 0 || named.st_dev != target->st.st_dev || named.st_ino != target->st.st_ino) {
        target->real[0] = '\0';
    }
    return true;
}

static bool resolve(int root, pid_t thread, const char *path, bool follow, struct recorder_target *target)
{
    char name[PATH_MAX];
    struct passing passing;
    size_t at = 0;
    if (recorder_is_passing(path)) {
        if (!find_passing(path, thread, &passing)) {
            return false; /* nothing of the host's is there */
        }
        if (passing.rest[0] == '\0') {
            return follow && open_passing(root, &passing, target);
        }
        if (!recorder_read_link(passing.link, name, sizeof(name))) {
            return false;
        }
        at = strlen(name);
        path = passing.rest;
    }
    if (at + strlen(path) >= sizeof(name)) {
        return false;
    }
    memcpy(name + at, path, strlen(path) + 1);
    return look_up(root, name, follow, target);
}

bool recorder_root_resolve(struct recorder_root *root, pid_t thread, const char *path, bool follow,
                           struct recorder_target *ret_target)
{
    ret_target->fd = -1;
    ret_target->exists = false;
    bool found = have_root(root, thread) && resolve(root->fd, thread, path, follow, ret_target);
    if (!found) {
        recorder_target_release(ret_target);
    }
    return found;
}

bool recorder_root_is_plain(struct recorder_root *root, pid_t thread, const char *path)
{
    auto_fd int fd = have_root(root, thread) ? open_path(root->fd, path, 0, RESOLVE_NO_SYMLINKS) : -1;
    return fd >= 0 && path[0] == '/' && path_is_clean(path + 1);
}

void recorder_target_release(struct recorder_target *target)
{
    if (target->fd >= 0) {
        close(target->fd);
        target->fd = -1;
    }
}
