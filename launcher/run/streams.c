/* SPDX-License-Identifier: BSD-2-Clause
 * streams: where standard input, output and error of a run come from and go to. */
#include "run/streams.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/autobind.h"
#include "sandbox/stdio.h"

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

static bool kind_from_name(const char *name, enum stream_kind *ret_kind)
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
    if (S_ISFIFO(st->st_mode)) {
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
        stream->host = path_of(fd, &stream->st);
        if (fd == STDIN_FILENO && !stdio_can_guard(fd)) {
            stream->kind = STREAM_PIPE;
            continue;
        }
        stream->offset = offset_of(fd, &stream->st);
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

static void set_role(struct file_item *item, const char *role)
{
    free(item->role);
    item->role = xstrdup(role);
}

int streams_add_input(const struct stream streams[STREAMS], struct file_list *inputs, struct err *err)
{
    const struct stream *stream = &streams[STDIN_FILENO];
    if (stream->kind != STREAM_FILE) {
        return 0;
    }
    struct file_item *item = file_list_find(inputs, stream->path);
    if (item != NULL && stream->offset == 0) {
        if (item->role != NULL && strcmp(item->role, "argument") == 0) {
            set_role(item, stream_name(STDIN_FILENO)); /* one that was merely named may be dropped */
        }
        return 0;
    }
    item = file_list_add(inputs, stream->path);
    set_role(item, stream_name(STDIN_FILENO));
    if (stream->offset == 0 && stream->host != NULL && access(stream->host, R_OK) == 0) {
        item->host = xstrdup(stream->host); /* and hashed while the command runs, or with the others */
        return 0;
    }
    if (read_item(item, stream, STDIN_FILENO, err) < 0) {
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

static struct file_item *passed(const struct stream *stream, int number, struct file_list *list)
{
    auto_free char *path = xasprintf("/dev/%s", names[number]);
    struct file_item *item = file_list_find(list, path);
    if (item == NULL) {
        item = file_list_add(list, path);
    }
    free(item->role);
    item->role = xstrdup(names[number]);
    item->has_digest = true;
    item->digest = stream->digest;
    item->size = stream->size;
    item->kept = stream->kept;
    item->mode = 0600; /* of every pipe */
    return item;
}

void streams_add_passed(const struct stream streams[STREAMS], struct file_list *inputs, struct file_list *outputs)
{
    if (streams[0].has_digest && streams[0].size > 0) {
        passed(&streams[0], 0, inputs);
    }
    for (int fd = 1; fd < STREAMS; fd++) {
        if (streams[fd].has_digest) {
            passed(&streams[fd], fd, outputs)->change = FILE_CREATED;
        }
    }
}

struct doc *stream_doc(const struct stream *stream)
{
    struct doc *object = doc_object();
    doc_put_text(object, "kind", stream_kind_name(stream->kind));
    doc_put_text(object, "path", stream->path);
    if (stream->has_digest) {
        doc_put_digest(object, "sha256", &stream->digest);
        doc_put_number(object, "size", stream->size);
    }
    if (stream->kept) {
        doc_put_bool(object, "kept", true);
    }
    if (stream->cut) {
        doc_put_bool(object, "cut", true);
    }
    if (stream->joined) {
        doc_put_bool(object, "joined", true);
    }
    return object;
}

int stream_read(const struct reader *reader, const struct doc *object, int number, struct stream *stream)
{
    auto_free char *kind = doc_get_text(object, "kind");
    if (kind == NULL || !kind_from_name(kind, &stream->kind)) {
        return reader_complain(reader, names[number]);
    }
    stream->path = doc_get_text(object, "path");
    bool needed = stream->kind == STREAM_FILE;
    if (needed != (stream->path != NULL) || (needed && !reader_is_file_path(stream->path))) {
        return reader_complain(reader, names[number]);
    }
    stream->kept = doc_get_bool(object, "kept");
    stream->cut = doc_get_bool(object, "cut");
    stream->joined = doc_get_bool(object, "joined");
    if (doc_get(object, "sha256") == NULL) {
        return 0;
    }
    stream->has_digest = true;
    if (!doc_get_number(object, "size", &stream->size)) {
        return reader_complain(reader, names[number]);
    }
    return reader_digest(reader, object, "sha256", &stream->digest);
}

void streams_release(struct stream streams[STREAMS])
{
    for (int fd = 0; fd < STREAMS; fd++) {
        free(streams[fd].path);
        free(streams[fd].host);
        free(streams[fd].unkept);
        streams[fd] = (struct stream){0};
    }
}
