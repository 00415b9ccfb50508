/* SPDX-License-Identifier: BSD-2-Clause
 * Any tree of folders, files and links, and any path: fs_find_in_root finds what the kernel finds in a process with
 * that root (openat2(2), RESOLVE_IN_ROOT), at the same place, or nothing as the kernel does.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"

enum { ENTRIES = 24, COMPONENTS = 7 };

struct input {
    const uint8_t *at, *end;
};

static unsigned next(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* Few names, so that links and paths meet what is there. */
static const char *const names[] = {"a", "b", "c", "..", ".", "", "d", "a"};

static void add_path(struct input *input, struct buf *text)
{
    unsigned form = next(input);
    unsigned count = form % COMPONENTS;
    buf_addf(text, "%s", (form & 0x40) != 0 ? "/" : "");
    for (unsigned i = 0; i < count; i++) {
        buf_addf(text, "%s%s", i > 0 ? "/" : "", names[next(input) % 8]);
    }
    buf_addf(text, "%s", (form & 0x80) != 0 && text->length > 0 ? "/" : "");
}

/* The folder in which `place` is to be made, entered without links: nothing is made beside the root. */
static int open_parent(int root_fd, const char *place)
{
    const char *slash = strrchr(place, '/');
    if (slash == NULL) {
        return fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
    }
    auto_free char *parent = xstrndup(place, (size_t)(slash - place));
    return fs_open_beneath(root_fd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

static void make_one(struct input *input, int root_fd)
{
    static const char *const places[] = {"a",   "b",   "c",     "d",     "a/a", "a/b",
                                         "b/a", "b/c", "a/a/b", "a/b/c", "c/d", "c/d/a"};
    unsigned kind = next(input);
    const char *place = places[kind / 3 % 12];
    auto_release(buf) struct buf target = {0};
    auto_fd int parent_fd = open_parent(root_fd, place);
    if (kind % 3 == 1) {
        add_path(input, &target);
    }
    if (parent_fd < 0) {
        return;
    }
    if (kind % 3 == 0) {
        (void)mkdirat(parent_fd, path_base(place), 0700);
    } else if (kind % 3 == 1) {
        (void)symlinkat(buf_text(&target), parent_fd, path_base(place)); /* an empty one: refused */
    } else {
        auto_fd int fd = openat(parent_fd, path_base(place), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        (void)fd;
    }
}

static bool kernel_finds(int root_fd, const char *path, struct stat *ret_st)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    auto_fd int fd = -1;
    do { /* again while somebody on this machine renames or mounts just at a ".." */
        fd = (int)syscall(SYS_openat2, root_fd, path[0] != '\0' ? path : "/", &how, sizeof(how));
    } while (fd < 0 && errno == EAGAIN);
    return fd >= 0 && fstat(fd, ret_st) == 0;
}

/* The place that is told has no link in it, and is what was found. */
static void check_place(int root_fd, const struct buf *below, const struct stat *st)
{
    struct stat there;
    if (below->length == 0) {
        FUZZ_PROMISE(fstat(root_fd, &there) == 0);
    } else {
        auto_fd int fd = fs_open_beneath(root_fd, buf_text(below), O_PATH | O_CLOEXEC, 0);
        FUZZ_PROMISE(fd >= 0 && fstat(fd, &there) == 0);
    }
    FUZZ_PROMISE(there.st_ino == st->st_ino && there.st_dev == st->st_dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct input input = {.at = bytes, .end = bytes + length};
    auto_release(buf) struct buf path = {0};
    auto_release(buf) struct buf below = {0};
    char outer[] = "/tmp/sciwrap-fuzz.XXXXXX";
    FUZZ_PROMISE(mkdtemp(outer) != NULL);
    auto_fd int root_fd = open(outer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unsigned count = next(&input) % ENTRIES;
    for (unsigned i = 0; i < count; i++) {
        make_one(&input, root_fd);
    }
    struct stat kernel;
    struct stat ours;
    add_path(&input, &path);
    bool found = kernel_finds(root_fd, buf_text(&path), &kernel);
    FUZZ_PROMISE(fs_find_in_root(root_fd, buf_text(&path), &below, &ours) == found);
    if (found) {
        FUZZ_PROMISE(ours.st_ino == kernel.st_ino && ours.st_dev == kernel.st_dev);
        check_place(root_fd, &below, &ours);
    }
    struct err ignored = {0};
    FUZZ_PROMISE(fs_remove_tree(AT_FDCWD, outer, &ignored) == 0);
    return 0;
}
