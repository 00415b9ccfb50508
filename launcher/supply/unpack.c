/* SPDX-License-Identifier: BSD-2-Clause
 * unpack: has the archive unpacked by a process of its own. */
#include "supply/unpack.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/confined.h"
#include "supply/unpack_work.h"

/* What confined_run calls in the process that unpacks. */
static int work(void *user, int folder_fd, _Atomic uint64_t *done, void *result, struct err *err)
{
    struct work work = *(const struct work *)user;
    work.stage_fd = folder_fd;
    work.done = done;
    return work_unpack(&work, result, err);
}

bool unpack_is_html(int fd)
{
    char begin[256] = "";
    return pread(fd, begin, sizeof(begin) - 1, 0) > 0 && unpack_text_is_html(begin);
}

bool unpack_text_is_html(const char *text)
{
    for (; isspace((unsigned char)*text); text++) {
    }
    return strncasecmp(text, "<!doctype", 9) == 0 || strncasecmp(text, "<html", 5) == 0 ||
           strncasecmp(text, "<head", 5) == 0;
}

/* Mismatches all: another source may have the right file. */
static int check_file(int fd, uint64_t size, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "look at the archive");
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_MISMATCH, "not a regular file");
    }
    if (st.st_size == 0) {
        return err_set(err, ERR_MISMATCH, "the file is empty");
    }
    if (size != 0 && (uint64_t)st.st_size != size) {
        if (unpack_is_html(fd)) {
            return err_set(err, ERR_MISMATCH, "this is an HTML page, not an archive: an error page in its place");
        }
        return err_set(err, ERR_MISMATCH, "wrong size: it has %llu bytes, pinned are %llu%s",
                       (unsigned long long)st.st_size, (unsigned long long)size,
                       (uint64_t)st.st_size < size ? "; it is truncated or another file" : "; it is another file");
    }
    return 0;
}

static int run(struct work *todo, int stage_fd, struct progress *progress, struct store_tree *ret_tree, struct err *err)
{
    struct store_tree tree = {0};
    const struct unpack_limits *limits = todo->limits;
    auto_free int *input = xreallocarray(NULL, todo->count, sizeof(*input));
    size_t inputs = 0;
    for (size_t i = 0; i < todo->count; i++) {
        if (i == 0 || todo->archive[i].fd != input[inputs - 1]) { /* an archive of images has all layers in one file */
            input[inputs++] = todo->archive[i].fd;
        }
    }
    struct confined confined = {
        .what = "unpacks",
        .folder_fd = stage_fd,
        .input_fd = input,
        .inputs = inputs,
        .limits = {.file_bytes = limits->bytes, .memory_bytes = limits->memory_bytes, .seconds = limits->seconds},
        .work = work,
        .user = todo,
        .result_bytes = sizeof(tree)};
    if (confined_run(&confined, progress, &tree, err) < 0) {
        return -1;
    }
    *ret_tree = tree;
    ret_tree->fd = -1;
    ret_tree->rootfs = NULL;
    return 0;
}

int unpack(int archive_fd, const struct digest *sha256, uint64_t size, int stage_fd, const struct unpack_limits *limits,
           struct progress *progress, struct store_tree *ret_tree, struct err *err)
{
    struct unpack_archive archive = {.fd = archive_fd, .size = size, .sha256 = *sha256};
    struct work todo = {.archive = &archive, .count = 1, .artifact = *sha256, .limits = limits};
    if (check_file(archive_fd, size, err) < 0) {
        return -1;
    }
    return run(&todo, stage_fd, progress, ret_tree, err);
}

int unpack_image(const struct unpack_archive *layer, size_t count, const struct digest *image, int stage_fd,
                 const struct unpack_limits *limits, struct progress *progress, struct store_tree *ret_tree,
                 struct err *err)
{
    struct work todo = {.archive = layer, .count = count, .layers = true, .artifact = *image, .limits = limits};
    return run(&todo, stage_fd, progress, ret_tree, err);
}
