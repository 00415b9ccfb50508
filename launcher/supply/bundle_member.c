/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_member: the members of a bundle, one after the other. */
#include "supply/bundle_member.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "env/bundle_list.h"
#include "supply/bundle_mark.h"
#include "supply/tar_header.h"
#include "supply/zstream.h"

enum { CHUNK = 256 * 1024, TAR_END = 2 * TAR_BLOCK };

struct member_stream {
    int fd;
    _Atomic uint64_t *done;
    uint64_t length; /* of the file without its end mark */
    uint64_t taken;  /* of that */
    struct digest_state state;
    struct digest marked; /* what the end mark says */
    char *chunk;          /* CHUNK bytes of the file */
    struct zreader *reader;
    const char *plain; /* decompressed and not used up */
    size_t plain_length;
    char *name;    /* of the member in hand */
    uint64_t size; /* of its content */
};

/* zstream_source: the file up to its end mark. */
static int64_t take(void *user, const void **ret_bytes, struct err *err)
{
    struct member_stream *stream = user;
    uint64_t left = stream->length - stream->taken;
    ssize_t got;
    do {
        got = pread(stream->fd, stream->chunk, left < CHUNK ? (size_t)left : CHUNK, (off_t)stream->taken);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read the bundle");
    }
    digest_update(&stream->state, stream->chunk, (size_t)got);
    stream->taken += (uint64_t)got;
    atomic_store(stream->done, stream->taken);
    *ret_bytes = stream->chunk;
    return got;
}

static int find_ends(struct member_stream *stream, struct err *err)
{
    static const unsigned char zstd[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, section 3.1.1 */
    struct stat st;
    char mark[BUNDLE_MARK];
    if (fstat(stream->fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "look at the bundle");
    }
    if (pread(stream->fd, mark, sizeof(zstd), 0) != sizeof(zstd) || memcmp(mark, zstd, sizeof(zstd)) != 0) {
        return err_set(err, ERR_INVALID, "does not begin as a bundle: it is none, or its beginning was changed");
    }
    if (st.st_size <= BUNDLE_MARK || pread(stream->fd, mark, BUNDLE_MARK, st.st_size - BUNDLE_MARK) != BUNDLE_MARK ||
        !bundle_mark_read(mark, &stream->marked)) {
        return err_set(err, ERR_INVALID,
                       "does not end as a bundle: it was cut off, something was appended, or its end was changed");
    }
    stream->length = (uint64_t)(st.st_size - BUNDLE_MARK);
    return 0;
}

struct member_stream *member_stream_open(int fd, _Atomic uint64_t *done, struct err *err)
{
    struct member_stream *stream = xcalloc(1, sizeof(*stream));
    stream->fd = fd;
    stream->done = done;
    digest_begin(&stream->state);
    if (find_ends(stream, err) == 0) {
        stream->chunk = xmalloc(CHUNK);
        stream->reader = zreader_open(take, stream, err);
        if (stream->reader != NULL) {
            return stream;
        }
        err_wrap(err, "member 'manifest.json'");
    }
    member_stream_close(&stream);
    return NULL;
}

void member_stream_close(struct member_stream **stream)
{
    if (*stream != NULL) {
        zreader_close(&(*stream)->reader);
        free((*stream)->chunk);
        free((*stream)->name);
        free(*stream);
        *stream = NULL;
    }
}

/* At most `most` of the next plain bytes; their count, 0 at the end of the stream. */
static int64_t next_plain(struct member_stream *stream, uint64_t most, const char **ret_bytes, struct err *err)
{
    if (stream->plain_length == 0) {
        const void *bytes = NULL;
        int64_t got = zreader_next(stream->reader, &bytes, err);
        if (got <= 0) {
            return got;
        }
        stream->plain = bytes;
        stream->plain_length = (size_t)got;
    }
    size_t length = stream->plain_length < most ? stream->plain_length : (size_t)most;
    *ret_bytes = stream->plain;
    stream->plain += length;
    stream->plain_length -= length;
    return (int64_t)length;
}

static int complain_cut(struct err *err)
{
    return err_set(err, ERR_INVALID, "the bundle ends in it");
}

static int read_exactly(struct member_stream *stream, char *to, size_t length, struct err *err)
{
    while (length > 0) {
        const char *bytes = NULL;
        int64_t got = next_plain(stream, length, &bytes, err);
        if (got <= 0) {
            return got < 0 ? -1 : complain_cut(err);
        }
        memcpy(to, bytes, (size_t)got);
        to += got;
        length -= (size_t)got;
    }
    return 0;
}

/* The size that a header block, or the record of an extended one, gives; checked by making the header again. */
static bool size_of(const char *blocks, bool extended, uint64_t *ret_size)
{
    enum { SIZE_AT = 124, SIZE_DIGITS = 11 };
    char digits[TAR_BLOCK + 1] = "";
    if (!extended) {
        char *end;
        memcpy(digits, blocks + SIZE_AT, SIZE_DIGITS);
        *ret_size = strtoull(digits, &end, 8);
        return strspn(digits, "01234567") == SIZE_DIGITS;
    }
    memcpy(digits, blocks + TAR_BLOCK, TAR_BLOCK);
    char *size = strstr(digits, "size=");
    if (size == NULL) {
        return false;
    }
    size += strlen("size=");
    size[strspn(size, "0123456789")] = '\0';
    return text_to_u64(size, 0, BUNDLE_BYTES_MOST, ret_size);
}

static int read_header(struct member_stream *stream, struct err *err)
{
    enum { TYPE_AT = 156 };
    char blocks[3 * TAR_BLOCK];
    size_t length = TAR_BLOCK;
    auto_release(buf) struct buf again = {0};
    if (read_exactly(stream, blocks, TAR_BLOCK, err) < 0) {
        return -1;
    }
    bool extended = blocks[TYPE_AT] == 'x'; /* of a file of 8 GiB and more: our names are short */
    if (extended) {
        length = sizeof(blocks);
        if (read_exactly(stream, blocks + TAR_BLOCK, sizeof(blocks) - TAR_BLOCK, err) < 0) {
            return -1;
        }
    }
    struct tar_entry entry = {.path = stream->name, .type = '0', .mode = 0644, .link = ""};
    if (size_of(blocks, extended, &entry.size)) {
        if (tar_header_add(&again, &entry, err) < 0) {
            return -1;
        }
        if (again.length == length && memcmp(again.bytes, blocks, length) == 0) {
            stream->size = entry.size;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "its header is not the one that belongs there");
}

int member_begin(struct member_stream *stream, const char *name, uint64_t *ret_size, struct err *err)
{
    free(stream->name);
    stream->name = xstrdup(name);
    if (read_header(stream, err) < 0) {
        return err_wrap(err, "member '%s'", name);
    }
    *ret_size = stream->size;
    return 0;
}

static int read_zeros(struct member_stream *stream, size_t length, struct err *err)
{
    char block[TAR_END] = "";
    if (read_exactly(stream, block, length, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        if (block[i] != '\0') {
            return err_set(err, ERR_INVALID, "there is something in the gap after it");
        }
    }
    return 0;
}

static int read_content(struct member_stream *stream, const struct member_target *target, struct digest *ret_digest,
                        struct err *err)
{
    struct digest_state state;
    digest_begin(&state);
    for (uint64_t left = stream->size; left > 0;) {
        const char *bytes = NULL;
        int64_t got = next_plain(stream, left, &bytes, err);
        if (got <= 0) {
            return got < 0 ? -1 : complain_cut(err);
        }
        left -= (uint64_t)got;
        digest_update(&state, bytes, (size_t)got);
        if (target->text != NULL) {
            buf_add(target->text, bytes, (size_t)got);
        }
        if (target->fd >= 0 && fs_write_fd(target->fd, stream->name, bytes, (size_t)got, err) < 0) {
            return -1;
        }
    }
    digest_end(&state, ret_digest);
    return read_zeros(stream, (TAR_BLOCK - stream->size % TAR_BLOCK) % TAR_BLOCK, err);
}

int member_content(struct member_stream *stream, const struct member_target *target, struct digest *ret_digest,
                   struct err *err)
{
    if (read_content(stream, target, ret_digest, err) < 0) {
        return err->kind == ERR_SYSTEM ? -1 : err_wrap(err, "member '%s'", stream->name);
    }
    return 0;
}

int member_end(struct member_stream *stream, struct err *err)
{
    struct digest digest;
    const char *bytes = NULL;
    if (read_zeros(stream, TAR_END, err) < 0) {
        return err_wrap(err, "the end of the archive");
    }
    int64_t more = next_plain(stream, 1, &bytes, err);
    if (more < 0) {
        return err_wrap(err, "the end of the archive");
    }
    if (more > 0) {
        return err_set(err, ERR_INVALID, "there is something after the last member");
    }
    digest_end(&stream->state, &digest);
    if (stream->taken != stream->length || !digest_equal(&digest, &stream->marked)) {
        return err_set(err, ERR_MISMATCH,
                       "all its members are as they were, but its compressed bytes are not those of its end mark");
    }
    return 0;
}
