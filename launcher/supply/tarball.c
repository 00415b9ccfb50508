/* SPDX-License-Identifier: BSD-2-Clause
 * tarball: a tree as one tar. The format is pax/ustar of POSIX.1-2017, utility pax, "EXTENDED DESCRIPTION". */
#include "supply/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"

enum { BLOCK = 512, CHUNK = 128 * 1024, NAME_BYTES = 100, PREFIX_BYTES = 155 };
#define USTAR_SIZE_MOST 077777777777ULL /* eleven octal digits: 8 GiB */

struct writer {
    int fd;
    const struct spool *spool;
    struct digest_state state;
    uint64_t size;
    char *chunk; /* CHUNK bytes */
    size_t held; /* in chunk */
};

/* The header block as POSIX lays it out. */
struct header {
    char name[NAME_BYTES];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char linkname[NAME_BYTES];
    char magic[6];
    char version[2];
    char uname[32];
    char gname[32];
    char devmajor[8];
    char devminor[8];
    char prefix[PREFIX_BYTES];
    char padding[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

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
    static const char zero[BLOCK] = {0};
    size_t over = (writer->size + writer->held) % BLOCK;
    return over == 0 ? 0 : put(writer, zero, BLOCK - over, err);
}

/* Octal digits and a NUL; the value is known to fit. */
static void put_octal(char *field, size_t width, uint64_t value)
{
    char digits[32];
    snprintf(digits, sizeof(digits), "%0*llo", (int)width - 1, (unsigned long long)value);
    memcpy(field, digits, width);
}

static void put_checksum(struct header *header)
{
    const unsigned char *byte = (const unsigned char *)header;
    unsigned sum = 0;
    memset(header->checksum, ' ', sizeof(header->checksum));
    for (size_t i = 0; i < BLOCK; i++) {
        sum += byte[i];
    }
    put_octal(header->checksum, 7, sum); /* six digits, a NUL, and the blank that stands there */
}

static void begin_header(struct header *header, char type, unsigned mode, uint64_t size, int64_t mtime)
{
    memset(header, 0, sizeof(*header));
    put_octal(header->mode, sizeof(header->mode), mode);
    put_octal(header->uid, sizeof(header->uid), 0);
    put_octal(header->gid, sizeof(header->gid), 0);
    put_octal(header->size, sizeof(header->size), size <= USTAR_SIZE_MOST ? size : 0);
    put_octal(header->mtime, sizeof(header->mtime), (uint64_t)mtime);
    put_octal(header->devmajor, sizeof(header->devmajor), 0);
    put_octal(header->devminor, sizeof(header->devminor), 0);
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    header->type = type;
}

/* Puts the path into name, or prefix and name where a '/' allows that; false when it does not fit. */
static bool put_path(struct header *header, const char *path)
{
    size_t length = strlen(path);
    if (length <= NAME_BYTES) {
        memcpy(header->name, path, length);
        return true;
    }
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t before = (size_t)(slash - path);
        size_t after = length - before - 1;
        if (before <= PREFIX_BYTES && after <= NAME_BYTES && after > 0) {
            memcpy(header->prefix, path, before);
            memcpy(header->name, slash + 1, after);
            return true;
        }
    }
    return false;
}

/* One pax record: its own length, in digits that count too, a keyword and a value. */
static void add_record(struct buf *records, const char *keyword, const char *value)
{
    size_t body = strlen(keyword) + strlen(value) + 3; /* blank, '=' and the line end */
    size_t length = body + 1;
    for (size_t digits = 1; digits < 20; digits++) {
        size_t whole = body + digits;
        if ((size_t)snprintf(NULL, 0, "%zu", whole) == digits) {
            length = whole;
            break;
        }
    }
    buf_addf(records, "%zu %s=%s\n", length, keyword, value);
}

static int write_records(struct writer *writer, const struct buf *records, int64_t mtime, struct err *err)
{
    struct header header;
    begin_header(&header, 'x', 0644, records->length, mtime);
    put_path(&header, "pax-header");
    put_checksum(&header);
    if (put(writer, &header, BLOCK, err) < 0 || put(writer, records->bytes, records->length, err) < 0) {
        return -1;
    }
    return pad(writer, err);
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

static int write_header(struct writer *writer, const char *path, const struct tree_node *node, char type,
                        const char *link, uint64_t size, struct err *err)
{
    struct header header;
    auto_release(buf) struct buf records = {0};
    begin_header(&header, type, node->mode, size, node->mtime);
    if (!put_path(&header, path)) {
        add_record(&records, "path", path);
        memcpy(header.name, path, NAME_BYTES);
    }
    if (strlen(link) > NAME_BYTES) {
        add_record(&records, "linkpath", link);
    }
    memcpy(header.linkname, link, strlen(link) < NAME_BYTES ? strlen(link) : NAME_BYTES);
    if (size > USTAR_SIZE_MOST) {
        auto_free char *digits = xasprintf("%llu", (unsigned long long)size);
        add_record(&records, "size", digits);
    }
    /* Values of pax records are UTF-8 by definition; readers would guess at anything else. */
    if (records.length > 0 && !text_is_utf8(records.bytes, records.length)) {
        return err_set(err, ERR_INVALID, "'%s': a name this long must be UTF-8", path);
    }
    put_checksum(&header);
    if (records.length > 0 && write_records(writer, &records, node->mtime, err) < 0) {
        return -1;
    }
    return put(writer, &header, BLOCK, err);
}

/* tree_each's visitor. */
static int write_node(void *user, const char *path, struct tree_node *node, struct err *err)
{
    struct writer *writer = user;
    const char *link = "";
    uint64_t size = 0;
    char type = entry_type(node, &link, &size);
    auto_free char *name = xasprintf("%s%s", path, type == '5' ? "/" : "");
    if (write_header(writer, name, node, type, link, size, err) < 0) {
        return -1;
    }
    if (type != '0') {
        return 0;
    }
    node->content->written = path;
    return write_content(writer, node->content, err);
}

int tarball_write(const struct tree *tree, const struct spool *spool, int fd, struct digest *ret_digest,
                  uint64_t *ret_size, struct err *err)
{
    static const char end[2 * BLOCK] = {0};
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

static void archive_release(struct archive **archive)
{
    if (*archive != NULL) {
        archive_write_free(*archive);
    }
}

static void archive_entry_release(struct archive_entry **entry)
{
    if (*entry != NULL) {
        archive_entry_free(*entry);
    }
}

static int complain(struct archive *archive, struct err *err)
{
    return err_set(err, ERR_SYSTEM, "compress: %s", archive != NULL ? archive_error_string(archive) : "out of memory");
}

int tarball_compress(int from, int to, struct err *err)
{
    __attribute__((cleanup(archive_release))) struct archive *archive = archive_write_new();
    __attribute__((cleanup(archive_entry_release))) struct archive_entry *entry = archive_entry_new();
    auto_free char *chunk = xmalloc(CHUNK);
    /* Level 19 is the last that needs no more than 8 MiB of window to unpack. One thread: more would cut the stream
     * into pieces whose number depends on the host. */
    if (archive == NULL || entry == NULL || archive_write_set_format_raw(archive) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(archive) != ARCHIVE_OK ||
        archive_write_set_filter_option(archive, "zstd", "compression-level", "19") != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open_fd(archive, to) != ARCHIVE_OK) {
        return complain(archive, err);
    }
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_pathname(entry, "data");
    if (archive_write_header(archive, entry) != ARCHIVE_OK) {
        return complain(archive, err);
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
            break;
        }
        if (archive_write_data(archive, chunk, (size_t)got) != got) {
            return complain(archive, err);
        }
        offset += got;
    }
    return archive_write_close(archive) == ARCHIVE_OK ? 0 : complain(archive, err);
}
