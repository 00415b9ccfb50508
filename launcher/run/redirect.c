/* SPDX-License-Identifier: BSD-2-Clause
 * redirect: standard input, output and error of this process put where those of a recorded run were, and back. */
#include "run/redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

static int open_null(int flags, struct err *err)
{
    int fd = open("/dev/null", flags | O_CLOEXEC);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "open '/dev/null'");
}

static int open_input(const struct manifest *manifest, const struct placing *placing, struct err *err)
{
    const struct stream *stream = &manifest->stream[0];
    const struct file_item *input = NULL;
    if (stream->kind != STREAM_FILE) {
        return open_null(O_RDONLY, err);
    }
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        const struct file_item *item = &manifest->inputs.item[i];
        bool better = input == NULL || (item->role != NULL && strcmp(item->role, "stdin") == 0);
        if (strcmp(item->path, stream->path) == 0 && better) {
            input = item;
        }
    }
    if (input == NULL) {
        return err_set(err, ERR_INVALID, "the manifest names no input for standard input '%s'", stream->path);
    }
    auto_free char *placed = placing_path(placing, &manifest->setup, stream->path);
    auto_fd int fd = placed != NULL ? placing_open(placing, &manifest->setup, stream->path, O_RDONLY | O_NOCTTY, 0)
                                    : open(input->host, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || lseek(fd, (off_t)input->offset, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open input '%s'", stream->path);
    }
    return steal_fd(&fd);
}

static int open_output(const struct stream *stream, int number, const struct placing *placing,
                       const struct manifest *manifest, struct err *err)
{
    if (stream->kind == STREAM_NULL || stream->kind == STREAM_CLOSED) {
        return open_null(O_WRONLY, err);
    }
    if (stream->kind != STREAM_FILE) {
        int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "duplicate standard error");
    }
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
    auto_free char *placed = placing_path(placing, &manifest->setup, stream->path);
    auto_free char *path = xasprintf("%s/%s", placing->run_folder, stream_name(number));
    int fd = placed != NULL ? placing_open(placing, &manifest->setup, stream->path, flags, 0666)
                            : open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0666);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", placed != NULL ? placed : path);
}

static int open_all(int fds[STREAMS], const struct manifest *manifest, const struct placing *placing, struct err *err)
{
    const struct stream *streams = manifest->stream;
    fds[0] = open_input(manifest, placing, err);
    if (fds[0] < 0) {
        return -1;
    }
    fds[1] = open_output(&streams[1], 1, placing, manifest, err);
    if (fds[1] < 0) {
        return -1;
    }
    bool joined = streams[1].kind == STREAM_FILE && streams[2].kind == STREAM_FILE &&
                  strcmp(streams[1].path, streams[2].path) == 0;
    fds[2] = joined ? fcntl(fds[1], F_DUPFD_CLOEXEC, 3) : open_output(&streams[2], 2, placing, manifest, err);
    return fds[2] < 0 ? -1 : 0;
}

int redirect_begin(struct redirect *redirect, const struct manifest *manifest, const struct placing *placing,
                   struct err *err)
{
    int fds[STREAMS] = {-1, -1, -1};
    *redirect = (struct redirect){.saved = {-1, -1, -1}};
    int result = open_all(fds, manifest, placing, err);
    for (int i = 0; i < STREAMS; i++) {
        if (result == 0) {
            redirect->saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 3);
            if (redirect->saved[i] < 0 || dup2(fds[i], i) < 0) {
                result = err_set_errno(err, ERR_SYSTEM, errno, "redirect %s", stream_name(i));
            }
        }
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    return result;
}

void redirect_end(struct redirect *redirect)
{
    for (int i = 0; i < STREAMS; i++) {
        if (redirect->saved[i] >= 0) {
            dup2(redirect->saved[i], i);
            close(redirect->saved[i]);
            redirect->saved[i] = -1;
        }
    }
}
