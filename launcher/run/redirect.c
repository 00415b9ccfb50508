/* SPDX-License-Identifier: BSD-2-Clause
 * redirect: standard input, output and error of this process put where those of a recorded run were, and back. */
#include "run/redirect.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"

static int open_null(int flags, struct err *err)
{
    int fd = open("/dev/null", flags | O_CLOEXEC);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "open '/dev/null'");
}

static const struct file_item *find_input(const struct manifest *manifest, const char *path)
{
    const struct file_item *input = NULL;
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        const struct file_item *item = &manifest->inputs.item[i];
        bool better = input == NULL || (item->role != NULL && strcmp(item->role, "stdin") == 0);
        if (strcmp(item->path, path) == 0 && better) {
            input = item;
        }
    }
    return input;
}

static int open_input(const struct manifest *manifest, const struct placing *placing, struct err *err)
{
    const struct stream *stream = &manifest->stream[0];
    bool has_passed = stream->kind == STREAM_PIPE && stream->has_digest && stream->size > 0;
    if (stream->kind != STREAM_FILE && !has_passed) {
        return open_null(O_RDONLY, err);
    }
    const char *path = has_passed ? "/dev/stdin" : stream->path;
    const struct file_item *input = find_input(manifest, path);
    if (input == NULL) {
        return err_set(err, ERR_INVALID, "the manifest names no input for standard input '%s'", path);
    }
    auto_free char *placed = placing_path(placing, &manifest->setup, path);
    auto_fd int fd = placed != NULL ? placing_open(placing, &manifest->setup, path, O_RDONLY | O_NOCTTY, 0)
                                    : open(input->host, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || lseek(fd, (off_t)input->offset, SEEK_SET) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open input '%s'", path);
    }
    return steal_fd(&fd);
}

static int open_output(const struct stream *stream, int number, const struct placing *placing,
                       const struct manifest *manifest, struct err *err)
{
    if (stream->kind == STREAM_NULL || stream->kind == STREAM_CLOSED) {
        return open_null(O_WRONLY, err);
    }
    bool is_file = stream->kind == STREAM_FILE;
    if (!is_file && !stream->has_digest) {
        int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "duplicate standard error");
    }
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
    auto_free char *placed = is_file ? placing_path(placing, &manifest->setup, stream->path) : NULL;
    auto_free char *path = xasprintf("%s/%s", placing->run_folder, stream_name(number));
    int fd = placed != NULL ? placing_open(placing, &manifest->setup, stream->path, flags, 0666)
                            : open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0666);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", placed != NULL ? placed : path);
}

static bool are_joined(const struct stream *output, const struct stream *error)
{
    bool one_file = output->kind == STREAM_FILE && error->kind == STREAM_FILE && strcmp(output->path, error->path) == 0;
    return one_file || (error->joined && output->has_digest);
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
    fds[2] = are_joined(&streams[1], &streams[2]) ? fcntl(fds[1], F_DUPFD_CLOEXEC, 3)
                                                  : open_output(&streams[2], 2, placing, manifest, err);
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

void redirect_streams(struct stream now[STREAMS], const struct manifest *then)
{
    for (int fd = 0; fd < STREAMS; fd++) {
        const struct stream *was = &then->stream[fd];
        if (was->kind != STREAM_PIPE || (!was->has_digest && !was->joined)) {
            continue;
        }
        free(now[fd].path);
        free(now[fd].host);
        now[fd] = (struct stream){.kind = STREAM_PIPE, .st = now[fd].st};
        if (fd == STDIN_FILENO) {
            now[fd].has_digest = true;
            now[fd].digest = was->digest;
            now[fd].size = was->size;
        }
        if (was->cut) {
            now[fd].most = was->size;
            now[fd].closes = then->exit.signal == SIGPIPE || then->exit.code == 128 + SIGPIPE;
        }
    }
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
