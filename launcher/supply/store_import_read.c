/* SPDX-License-Identifier: BSD-2-Clause
 * store_import_read: the part of store_import.h that reads the foreign bytes, in a process that is shut in. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "supply/store_file.h"
#include "supply/store_import.h"
#include "supply/tar_header.h"

enum { CHUNK = 1024 * 1024 };

struct reading {
    int fd;
    int folder;
    _Atomic uint64_t *done;
    char *chunk; /* CHUNK bytes */
};

static int complain_cut(struct err *err)
{
    return err_set(err, ERR_INVALID, "it ends early");
}

static int complain_other(struct err *err)
{
    return err_set(err, ERR_INVALID, "it is no environment that 'sciwrap store export' wrote");
}

/* At most `most` bytes, which is at most CHUNK, into the chunk; their count, 0 at the end. */
static ssize_t next(struct reading *reading, uint64_t most, struct err *err)
{
    for (;;) {
        ssize_t got = read(reading->fd, reading->chunk, most < CHUNK ? (size_t)most : CHUNK);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read it");
        }
        *reading->done += (uint64_t)got;
        return got;
    }
}

static int read_exactly(struct reading *reading, struct buf *to, uint64_t length, struct err *err)
{
    while (length > 0) {
        ssize_t got = next(reading, length, err);
        if (got <= 0) {
            return got < 0 ? -1 : complain_cut(err);
        }
        buf_add(to, reading->chunk, (size_t)got);
        length -= (uint64_t)got;
    }
    return 0;
}

static int read_zeros(struct reading *reading, uint64_t length, struct err *err)
{
    auto_release(buf) struct buf zeros = {0};
    if (read_exactly(reading, &zeros, length, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < zeros.length; i++) {
        if (zeros.bytes[i] != '\0') {
            return err_set(err, ERR_INVALID, "there is something where nothing belongs");
        }
    }
    return 0;
}

static int complain_member(const char *path, struct err *err)
{
    return err_set(err, ERR_INVALID, "where the member '%s' belongs is something else", path);
}

/* The header that belongs there, made again, is the one that is there. */
static int read_header(struct reading *reading, const char *path, uint64_t size, struct err *err)
{
    auto_release(buf) struct buf expected = {0};
    auto_release(buf) struct buf is = {0};
    if (store_file_header(path, size, &expected, err) < 0 || read_exactly(reading, &is, expected.length, err) < 0) {
        return -1;
    }
    return buf_equal(&is, &expected) ? 0 : complain_member(path, err);
}

/* Of the first member alone the size is not known before. */
static int read_first_header(struct reading *reading, uint64_t *ret_size, struct err *err)
{
    enum { SIZE_AT = 124, SIZE_DIGITS = 11 };
    char digits[SIZE_DIGITS + 1] = "";
    auto_release(buf) struct buf is = {0};
    auto_release(buf) struct buf expected = {0};
    if (read_exactly(reading, &is, TAR_BLOCK, err) < 0) {
        return err->kind == ERR_INVALID ? complain_other(err) : -1; /* a part so small says nothing of what it is of */
    }
    memcpy(digits, buf_text(&is) + SIZE_AT, SIZE_DIGITS);
    uint64_t size = 0;
    for (size_t i = 0; i < SIZE_DIGITS && digits[i] >= '0' && digits[i] <= '7'; i++) {
        size = size * 8 + (uint64_t)(digits[i] - '0');
    }
    if (size > STORE_FILE_LIST_MOST || store_file_header(STORE_FILE_LIST, size, &expected, err) < 0 ||
        !buf_equal(&is, &expected)) {
        return complain_other(err);
    }
    *ret_size = size;
    return 0;
}

static int open_new(const struct reading *reading, const char *name, struct err *err)
{
    int fd = openat(reading->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", name);
}

static uint64_t padding_of(uint64_t size)
{
    return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

/* The content of a member, into the file `name`. */
static int read_content(struct reading *reading, const struct store_file_member *member, const char *name,
                        struct err *err)
{
    struct digest_state state;
    struct digest digest;
    auto_fd int to = open_new(reading, name, err);
    if (to < 0) {
        return -1;
    }
    digest_begin(&state);
    for (uint64_t left = member->size; left > 0;) {
        ssize_t got = next(reading, left, err);
        if (got <= 0) {
            return got < 0 ? -1 : complain_cut(err);
        }
        digest_update(&state, reading->chunk, (size_t)got);
        if (fs_write_fd(to, name, reading->chunk, (size_t)got, err) < 0) {
            return -1;
        }
        left -= (uint64_t)got;
    }
    digest_end(&state, &digest);
    if (!digest_equal(&digest, &member->digest)) {
        return err_set(err, ERR_MISMATCH, "the member '%s' has other bytes than its list says", name);
    }
    return read_zeros(reading, padding_of(member->size), err);
}

static int read_list(struct reading *reading, struct store_file *ret_file, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    uint64_t size = 0;
    if (read_first_header(reading, &size, err) < 0 || read_exactly(reading, &text, size, err) < 0 ||
        read_zeros(reading, padding_of(size), err) < 0) {
        return -1;
    }
    auto_fd int to = open_new(reading, "list", err);
    if (to < 0 || fs_write_fd(to, "list", buf_text(&text), text.length, err) < 0) {
        return -1;
    }
    return store_file_parse(ret_file, buf_text(&text), text.length, err);
}

static int read_blobs(struct reading *reading, const struct store_file *file, struct err *err)
{
    for (size_t i = 0; i < file->count; i++) {
        char hex[DIGEST_HEX + 1];
        digest_to_hex(&file->blob[i].digest, hex);
        auto_free char *path = xasprintf("blobs/sha256/%s", hex);
        if (read_header(reading, path, file->blob[i].size, err) < 0 ||
            read_content(reading, &file->blob[i], hex, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_end(struct reading *reading, struct err *err)
{
    if (read_zeros(reading, 2 * (uint64_t)TAR_BLOCK, err) < 0) {
        return -1;
    }
    ssize_t more = next(reading, 1, err);
    return more > 0 ? err_set(err, ERR_INVALID, "there is something after its end") : (int)more;
}

int store_import_read(int fd, int folder_fd, _Atomic uint64_t *done, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    struct reading reading = {.fd = fd, .folder = folder_fd, .done = done, .chunk = chunk};
    struct store_file file = {0};
    int result = read_list(&reading, &file, err);
    if (result == 0) {
        result = read_header(&reading, STORE_FILE_DEFINITION, file.definition.size, err);
    }
    if (result == 0) {
        result = read_content(&reading, &file.definition, STORE_FILE_DEFINITION, err);
    }
    if (result == 0) {
        result = read_blobs(&reading, &file, err);
    }
    if (result == 0) {
        result = read_end(&reading, err);
    }
    store_file_release(&file);
    return result;
}
