/* SPDX-License-Identifier: BSD-2-Clause
 * streams: where standard input, output and error of a run come from and go to. */
#include "run/streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "run/autobind.h"

static const char *const names[STREAMS] = {"stdin", "stdout", "stderr"};
static const char *const kind_names[] = {"closed", "null", "terminal", "pipe", "file", "other", NULL};

const char *stream_name(int number)
{
    return names[number];
}

const char *stream_kind_name(enum stream_kind kind)
{
    return kind_names[kind];
}

bool stream_kind_from_name(const char *name, enum stream_kind *ret_kind)
{
    for (unsigned i = 0; kind_names[i] != NULL; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *ret_kind = (enum stream_kind)i;
            return true;
        }
    }
    return false;
}

static enum stream_kind kind_of(int fd, const struct stat *st)
{
    if (S_ISREG(st->st_mode)) {
        return STREAM_FILE;
    }
    if (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode)) {
        return STREAM_PIPE;
    }
    if (!S_ISCHR(st->st_mode)) {
        return STREAM_OTHER;
    }
    /* null(4): major 1, minor 3 */
    if (st->st_rdev == makedev(1, 3)) {
        return STREAM_NULL;
    }
    return isatty(fd) ? STREAM_TERMINAL : STREAM_OTHER;
}

static char *path_of(int fd, const struct stat *st)
{
    char link[64];
    char path[4096];
    struct stat found;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    if (length <= 0 || length >= (ssize_t)sizeof(path) - 1) {
        return NULL;
    }
    path[length] = '\0';
    /* A file that was removed or renamed has no name that holds. */
    bool same = stat(path, &found) == 0 && found.st_ino == st->st_ino && found.st_dev == st->st_dev;
    return same ? xstrdup(path) : NULL;
}

static uint64_t offset_of(int fd, const struct stat *st)
{
    int flags = fcntl(fd, F_GETFL);
    off_t at = flags >= 0 && (flags & O_APPEND) != 0 ? st->st_size : lseek(fd, 0, SEEK_CUR);
    return at > 0 ? (uint64_t)at : 0;
}

void streams_look(struct stream streams[STREAMS], const struct setup *setup, const struct facts *facts)
{
    for (int fd = 0; fd < STREAMS; fd++) {
        struct stream *stream = &streams[fd];
        *stream = (struct stream){.kind = STREAM_CLOSED};
        if (fstat(fd, &stream->st) < 0) {
            continue;
        }
        stream->kind = kind_of(fd, &stream->st);
        if (stream->kind != STREAM_FILE) {
            continue;
        }
        stream->offset = offset_of(fd, &stream->st);
        stream->host = path_of(fd, &stream->st);
        stream->path = stream->host != NULL ? autobind_inner_path(setup, facts, stream->host) : NULL;
        if (stream->path == NULL) {
            stream->path = xasprintf("/dev/%s", names[fd]);
        }
    }
}

/* Through /proc, so that a file without a name, or one opened for writing only, can be read. */
static int read_item(struct file_item *item, const struct stream *stream, int fd, struct err *err)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    item->type = FILE_REGULAR;
    item->host = stream->host != NULL ? xstrdup(stream->host) : NULL;
    free(item->role);
    item->role = xstrdup(names[fd]);
    return file_item_read(item, path, stream->offset, err);
}

int streams_add_input(const struct stream streams[STREAMS], struct file_list *inputs, struct err *err)
{
    if (streams[0].kind != STREAM_FILE) {
        return 0;
    }
    struct file_item *item = file_list_find(inputs, streams[0].path);
    if (item != NULL && streams[0].offset == 0) {
        return 0;
    }
    item = file_list_add(inputs, streams[0].path);
    if (read_item(item, &streams[0], 0, err) < 0) {
        return err_wrap(err, "standard input");
    }
    return 0;
}

void streams_add_outputs(const struct stream streams[STREAMS], struct file_list *outputs)
{
    for (int fd = 1; fd < STREAMS; fd++) {
        const struct stream *stream = &streams[fd];
        struct err unread = {0};
        if (stream->kind != STREAM_FILE) {
            continue;
        }
        struct file_item *item = file_list_find(outputs, stream->path);
        if (item != NULL && item->role != NULL) {
            continue; /* both go to one file */
        }
        if (item == NULL) {
            item = file_list_add(outputs, stream->path);
        }
        item->change = stream->st.st_size > 0 ? FILE_MODIFIED : FILE_CREATED;
        if (read_item(item, stream, fd, &unread) < 0) {
            log_warn("no digest of what went to %s: %s", names[fd], unread.text);
        }
    }
}

void streams_release(struct stream streams[STREAMS])
{
    for (int fd = 0; fd < STREAMS; fd++) {
        free(streams[fd].path);
        free(streams[fd].host);
        streams[fd] = (struct stream){0};
    }
}
