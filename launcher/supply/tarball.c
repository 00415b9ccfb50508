/* SPDX-License-Identifier: BSD-2-Clause
 * tarball: a tree as one tar. */
#include "supply/tarball.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "supply/tar_header.h"
#include "supply/zstream.h"

enum {
    CHUNK = 128 * 1024,
    LEVEL = 19, /* the last that needs no more than 8 MiB of window to unpack */
};

struct writer {
    int fd;
    const struct spool *spool;
    struct digest_state state;
    uint64_t size;
    char *chunk; /* CHUNK bytes */
    size_t held; /* in chunk */
};

static int flush(struct writer *writer, struct err *err)
{
    digest_update(&writer->state, writer->chunk, writer->held);
    writer->size += writer->held;
    size_t held = writer->held;
    writer->held = 0;
    return fs_write_fd(writer->fd, "tar", writer->chunk, held, err);
}

static int put(struct writer *writer, const void *bytes, size_t length, struct err *err)
{
    const char *at = bytes;
    while (length > 0) {
        size_t room = CHUNK - writer->held;
        size_t take = length < room ? length : room;
        memcpy(writer->chunk + writer->held, at, take);
        writer->held += take;
        at += take;
        length -= take;
        if (writer->held == CHUNK && flush(writer, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int pad(struct writer *writer, struct err *err)
{
    static const char zero[TAR_BLOCK] = {0};
    size_t over = (writer->size + writer->held) % TAR_BLOCK;
    return over == 0 ? 0 : put(writer, zero, TAR_BLOCK - over, err);
}

static int write_content(struct writer *writer, const struct tree_content *content, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    for (uint64_t done = 0; done < content->size;) {
        size_t take = content->size - done < CHUNK ? (size_t)(content->size - done) : CHUNK;
        if (spool_read(writer->spool, content->offset + done, chunk, take, err) < 0 ||
            put(writer, chunk, take, err) < 0) {
            return -1;
        }
        done += take;
    }
    return pad(writer, err);
}

/* Type, link name and size of the entry that stands for the node. The first name of a content carries it. */
static char entry_type(const struct tree_node *node, const char **ret_link, uint64_t *ret_size)
{
    switch (node->type) {
    case TREE_FOLDER:
        return '5';
    case TREE_LINK:
        *ret_link = node->target;
        return '2';
    case TREE_FILE:
        break;
    }
    if (node->content->written != NULL) {
        *ret_link = node->content->written;
        return '1';
    }
    *ret_size = node->content->size;
    return '0';
}

/* tree_each's visitor. */
static int write_node(void *user, const char *path, struct tree_node *node, struct err *err)
{
    struct writer *writer = user;
    auto_release(buf) struct buf header = {0};
    struct tar_entry entry = {.mode = node->mode, .mtime = node->mtime, .link = ""};
    entry.type = entry_type(node, &entry.link, &entry.size);
    auto_free char *name = xasprintf("%s%s", path, entry.type == '5' ? "/" : "");
    entry.path = name;
    if (tar_header_add(&header, &entry, err) < 0 || put(writer, header.bytes, header.length, err) < 0) {
        return -1;
    }
    if (entry.type != '0') {
        return 0;
    }
    node->content->written = path;
    return write_content(writer, node->content, err);
}

int tarball_write(const struct tree *tree, const struct spool *spool, int fd, struct digest *ret_digest,
                  uint64_t *ret_size, struct err *err)
{
    static const char end[2 * TAR_BLOCK] = {0};
    auto_free char *chunk = xmalloc(CHUNK);
    struct writer writer = {.fd = fd, .spool = spool, .chunk = chunk};
    digest_begin(&writer.state);
    for (size_t i = 0; i < tree->contents; i++) {
        tree->content[i]->written = NULL;
    }
    if (tree_each(tree, write_node, &writer, err) < 0 || put(&writer, end, sizeof(end), err) < 0 ||
        flush(&writer, err) < 0) {
        return -1;
    }
    digest_end(&writer.state, ret_digest);
    *ret_size = writer.size;
    return 0;
}

static int write_fd(void *user, const void *bytes, size_t length, struct err *err)
{
    return fs_write_fd(*(int *)user, "compressed tar", bytes, length, err);
}

int tarball_compress(int from, int to, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    __attribute__((cleanup(zwriter_close))) struct zwriter *writer = zwriter_open(LEVEL, write_fd, &to, err);
    if (writer == NULL) {
        return -1;
    }
    for (off_t offset = 0;;) {
        ssize_t got = pread(from, chunk, CHUNK, offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read the tar");
        }
        if (got == 0) {
            return zwriter_finish(writer, err);
        }
        if (zwriter_put(writer, chunk, (size_t)got, err) < 0) {
            return -1;
        }
        offset += got;
    }
}
