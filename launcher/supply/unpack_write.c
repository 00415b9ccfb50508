/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_write: creates what the queue says. */
#include "supply/unpack_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"

static int complain(struct writer *writer, const char *what, const char *path)
{
    return err_set_errno(&writer->err, ERR_SYSTEM, errno, "%s '%s'", what, path);
}

static void go_up(struct writer_way *way, size_t levels)
{
    while (way->levels > levels) {
        close(way->fd[way->levels]);
        free(way->name[way->levels]);
        way->levels--;
    }
}

/* Opens the directory that holds the last component of `path`; -1 with errno. *ret_base is that component. */
static int go_to_parent(struct writer_way *way, const char *path, const char **ret_base)
{
    size_t level = 0;
    for (;;) {
        size_t length = strcspn(path, "/");
        if (path[length] == '\0') {
            go_up(way, level);
            *ret_base = path;
            return way->fd[level];
        }
        level++;
        bool open =
            level <= way->levels && strncmp(way->name[level], path, length) == 0 && way->name[level][length] == '\0';
        if (!open) {
            go_up(way, level - 1);
            auto_free char *name = xstrndup(path, length);
            int fd = level > WRITER_LEVELS
                         ? -1
                         : openat(way->fd[level - 1], name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (fd < 0) {
                return -1;
            }
            way->fd[level] = fd;
            way->name[level] = steal_ptr(&name);
            way->levels = level;
        }
        path += length + 1;
    }
}

static void fill_times(struct timespec times[2], int64_t mtime)
{
    times[0] = times[1] = (struct timespec){.tv_sec = mtime};
}

static int write_directory(struct writer *writer, const struct op *op)
{
    const char *base;
    int parent = go_to_parent(&writer->way, op->text, &base);
    if (parent < 0 || mkdirat(parent, base, op->mode) < 0) {
        return complain(writer, "create directory", op->text);
    }
    return 0;
}

static int write_mode(struct writer *writer, const struct op *op)
{
    const char *base;
    int parent = go_to_parent(&writer->way, op->text, &base);
    auto_fd int fd = parent < 0 ? -1 : openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchmod(fd, op->mode) < 0) {
        return complain(writer, "set the mode of", op->text);
    }
    return 0;
}

/* Created with its final mode, which needs no second call: an open descriptor can write whatever the mode says. */
static int write_file(struct writer *writer, const struct op *op)
{
    const char *base;
    int parent = go_to_parent(&writer->way, op->text, &base);
    if (parent >= 0) {
        writer->file = openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, op->mode);
    }
    if (parent < 0 || writer->file < 0) {
        return complain(writer, "create", op->text);
    }
    writer->written = 0;
    writer->hashing = !op->hashed;
    content_hash_begin(&writer->hash);
    return 0;
}

static int write_data(struct writer *writer, const struct op *op)
{
    if (op->offset > writer->written && lseek(writer->file, (off_t)op->offset, SEEK_SET) < 0) {
        return complain(writer, "write", "a sparse file");
    }
    if (writer->hashing) {
        content_hash_add(&writer->hash, op->offset, op->text, op->length);
    }
    writer->written = op->offset + op->length;
    return fs_write_fd(writer->file, "a file of the tree", op->text, op->length, &writer->err);
}

static struct digest *digest_of(struct writer *writer, size_t record)
{
    if (record >= writer->digests) {
        writer->digests = record < 512 ? 1024 : record * 2;
        writer->digest = xreallocarray(writer->digest, writer->digests, sizeof(*writer->digest));
    }
    return &writer->digest[record];
}

static int write_close(struct writer *writer, const struct op *op)
{
    struct timespec times[2];
    if (op->size > writer->written && ftruncate(writer->file, (off_t)op->size) < 0) {
        return complain(writer, "set the size of", op->text);
    }
    fill_times(times, op->mtime);
    int failed = futimens(writer->file, times);
    if (close(steal_fd(&writer->file)) < 0 || failed < 0) {
        return complain(writer, "finish", op->text);
    }
    struct digest *digest = digest_of(writer, op->record);
    if (writer->hashing) {
        content_hash_end(&writer->hash, op->size, digest);
    } else {
        *digest = op->digest;
    }
    return 0;
}

static int write_symlink(struct writer *writer, const struct op *op)
{
    const char *base;
    struct timespec times[2];
    fill_times(times, op->mtime);
    int parent = go_to_parent(&writer->way, op->text, &base);
    if (parent < 0 || symlinkat(op->text + op->length + 1, parent, base) < 0 ||
        utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW) < 0) {
        return complain(writer, "create the link", op->text);
    }
    return 0;
}

static int write_link(struct writer *writer, const struct op *op)
{
    const char *base;
    const char *target_base;
    int parent = go_to_parent(&writer->way, op->text, &base);
    int target = go_to_parent(&writer->link_way, op->text + op->length + 1, &target_base);
    /* Without AT_SYMLINK_FOLLOW: what is linked is the name itself. */
    if (parent < 0 || target < 0 || linkat(target, target_base, parent, base, 0) < 0) {
        return complain(writer, "create the hard link", op->text);
    }
    return 0;
}

static int write_time(struct writer *writer, const struct op *op)
{
    const char *base;
    struct timespec times[2];
    fill_times(times, op->mtime);
    int parent = go_to_parent(&writer->way, op->text, &base);
    if (parent < 0 || utimensat(parent, base, times, AT_SYMLINK_NOFOLLOW) < 0) {
        return complain(writer, "set the time of", op->text);
    }
    return 0;
}

/* What is open beneath it would be a folder that is gone, and another one may get its name. */
static int write_remove(struct writer *writer, const struct op *op)
{
    const char *base;
    int parent = go_to_parent(&writer->way, op->text, &base);
    go_up(&writer->link_way, 0);
    if (parent < 0) {
        return complain(writer, "remove", op->text);
    }
    return fs_remove_tree(parent, base, &writer->err);
}

static int write_one(struct writer *writer, const struct op *op)
{
    switch (op->kind) {
    case OP_DIRECTORY:
        return write_directory(writer, op);
    case OP_MODE:
        return write_mode(writer, op);
    case OP_FILE:
        return write_file(writer, op);
    case OP_DATA:
        return write_data(writer, op);
    case OP_CLOSE:
        return write_close(writer, op);
    case OP_SYMLINK:
        return write_symlink(writer, op);
    case OP_LINK:
        return write_link(writer, op);
    case OP_TIME:
        return write_time(writer, op);
    case OP_REMOVE:
        return write_remove(writer, op);
    }
    return 0;
}

void writer_run(struct writer *writer, int root_fd, struct queue *queue)
{
    struct op op;
    *writer = (struct writer){.queue = queue, .file = -1};
    writer->way.fd[0] = writer->link_way.fd[0] = root_fd;
    while (queue_take(queue, &op)) {
        if (write_one(writer, &op) < 0) {
            queue_break(queue);
            break;
        }
    }
    go_up(&writer->way, 0);
    go_up(&writer->link_way, 0);
    if (writer->file >= 0) {
        close(steal_fd(&writer->file));
    }
}

void writer_release(struct writer *writer)
{
    free(writer->digest);
    writer->digest = NULL;
}
