/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_read: lets libarchive decompress and read a tar archive.
 *
 * CRC and length at the end of a gzip member are not checked by libarchive: the pinned sha256 covers those bytes. */
#include "supply/unpack_read.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "supply/content_hash.h"
#include "supply/unpack_scan.h"

struct reader {
    struct archive *raw; /* decompresses */
    struct archive *tar; /* reads what raw gives */
    struct input *input;
    const void *block; /* of the input, held until the next one is asked for */
    struct scan scan;
    struct placer *placer;
    struct read_plain *plain;
    struct digest_state plain_hash;
    struct content_hash hash; /* of the current file, when it is hashed here */
    uint64_t number;          /* of the current entry, from 1 */
    struct err err;           /* what went wrong inside a callback; libarchive would only say that something did */
};

static la_ssize_t give_input(struct archive *archive, void *data, const void **ret_bytes)
{
    struct reader *reader = data;
    int64_t length = input_next(reader->input, &reader->block, &reader->err);
    if (length < 0) {
        archive_set_error(archive, EIO, "read error");
        return ARCHIVE_FATAL;
    }
    *ret_bytes = reader->block;
    return (la_ssize_t)length;
}

/* The next piece of the plain stream, walked; 0 at its end. */
static la_ssize_t next_plain(struct reader *reader, const void **ret_bytes)
{
    static const char zeros[4096];
    size_t length = 0;
    la_int64_t offset;
    do {
        int status = archive_read_data_block(reader->raw, ret_bytes, &length, &offset);
        if (status == ARCHIVE_EOF) {
            length = scan_missing(&reader->scan);
            *ret_bytes = zeros;
            return scan_feed(&reader->scan, zeros, length, &reader->err) < 0 ? -1 : (la_ssize_t)length;
        }
        if (status != ARCHIVE_OK) {
            if (reader->err.kind == ERR_NONE) {
                const char *why = archive_error_string(reader->raw);
                err_set(&reader->err, ERR_INVALID, "the compressed data is damaged: %s", why != NULL ? why : "unknown");
            }
            return -1;
        }
    } while (length == 0);
    if (reader->plain->wanted && !reader->plain->is_file) {
        digest_update(&reader->plain_hash, *ret_bytes, length);
    }
    return scan_feed(&reader->scan, *ret_bytes, length, &reader->err) < 0 ? -1 : (la_ssize_t)length;
}

static la_ssize_t give_plain(struct archive *archive, void *data, const void **ret_bytes)
{
    la_ssize_t length = next_plain(data, ret_bytes);
    if (length < 0) {
        archive_set_error(archive, EIO, "read error");
        return ARCHIVE_FATAL;
    }
    return length;
}

/* The first reason is the right one; libarchive's own words come last. */
static int give_up(struct reader *reader, struct archive *archive, const char *what, struct err *err)
{
    if (reader->err.kind != ERR_NONE) {
        *err = reader->err;
        return -1;
    }
    const char *why = archive_error_string(archive);
    return err_set(err, ERR_INVALID, "%s: %s", what, why != NULL ? why : "unknown");
}

static int open_raw(struct reader *reader, struct err *err)
{
    struct archive *raw = reader->raw;
    struct archive_entry *entry;
    /* Named one by one: the "all" of libarchive includes programs it would start, and formats with most of its past
     * memory errors. */
    archive_read_support_format_raw(raw);
    archive_read_support_filter_gzip(raw);
    archive_read_support_filter_zstd(raw);
    if (reader->placer->layers == NULL) { /* image-spec knows only the two for layers */
        archive_read_support_filter_bzip2(raw);
        archive_read_support_filter_xz(raw);
        archive_read_support_filter_lzma(raw);
    }
    if (archive_read_open(raw, reader, NULL, give_input, NULL) != ARCHIVE_OK ||
        archive_read_next_header(raw, &entry) != ARCHIVE_OK) {
        return give_up(reader, raw, "not a tar archive (plain, gzip, bzip2, xz or zstd)", err);
    }
    /* One filter and the source itself. More are a bomb or a mistake. */
    if (archive_filter_count(raw) > 2) {
        return err_set(err, ERR_INVALID, "compressed more than once");
    }
    /* Hashing falls to the thread that has less to do: writing is the longer work beside reading a plain archive,
     * the shorter one beside decompressing. */
    reader->placer->reader_hashes = archive_filter_count(raw) == 1;
    reader->plain->is_file = archive_filter_count(raw) == 1;
    return 0;
}

static int open_tar(struct reader *reader, struct err *err)
{
    archive_read_support_format_tar(reader->tar);
    if (archive_read_open(reader->tar, reader, NULL, give_plain, NULL) != ARCHIVE_OK) {
        return give_up(reader, reader->tar, "not a tar archive", err);
    }
    return 0;
}

static bool has_high_byte(const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return true;
        }
    }
    return false;
}

/* The one warning that is no damage: a name that the locale cannot say. The bytes that come with it are right. */
static bool is_harmless(struct archive_entry *entry, const struct scan_member *member)
{
    return archive_entry_pathname(entry) != NULL &&
           (member->odd_time || has_high_byte(archive_entry_pathname(entry)) ||
            has_high_byte(archive_entry_hardlink(entry)) || has_high_byte(archive_entry_symlink(entry)) ||
            has_high_byte(archive_entry_uname(entry)) || has_high_byte(archive_entry_gname(entry)));
}

static enum entry_type type_of(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry) != NULL) {
        return ENTRY_HARDLINK;
    }
    switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
        return ENTRY_DIRECTORY;
    case AE_IFLNK:
        return ENTRY_SYMLINK;
    case AE_IFIFO:
        return ENTRY_FIFO;
    case AE_IFCHR:
    case AE_IFBLK:
        return ENTRY_DEVICE;
    default:
        return ENTRY_FILE;
    }
}

/* Whether both readers take the entry for the same thing. */
static bool agrees(const struct scan_member *member, const struct entry *entry)
{
    switch (member->type) {
    case '1':
        return entry->type == ENTRY_HARDLINK;
    case '2':
        return entry->type == ENTRY_SYMLINK;
    case '3':
    case '4':
        return entry->type == ENTRY_DEVICE;
    case '5':
        return entry->type == ENTRY_DIRECTORY;
    case '6':
        return entry->type == ENTRY_FIFO;
    default:
        /* A file whose name ends in a slash is a directory of the oldest tar, unless it has content. */
        if (entry->type == ENTRY_DIRECTORY) {
            return member->size == 0;
        }
        return entry->type == ENTRY_FILE && member->whole == entry->size;
    }
}

static void describe(struct archive_entry *from, struct entry *entry)
{
    *entry = (struct entry){
        .name = archive_entry_pathname(from),
        .type = type_of(from),
        .mode = archive_entry_mode(from) & 07777,
        .mtime = archive_entry_mtime_is_set(from) ? archive_entry_mtime(from) : 0,
    };
    entry->link = entry->type == ENTRY_HARDLINK ? archive_entry_hardlink(from) : archive_entry_symlink(from);
    if (entry->type == ENTRY_FILE) {
        int64_t size = archive_entry_size(from);
        entry->size = size < 0 ? UINT64_MAX : (uint64_t)size;
    }
    const char *flags = archive_entry_fflags_text(from);
    entry->attributes = archive_entry_xattr_count(from) > 0 || archive_entry_acl_types(from) != 0 ||
                        (flags != NULL && flags[0] != '\0');
}

static int put_data(struct reader *reader, const char *bytes, size_t length, uint64_t offset)
{
    if (reader->placer->reader_hashes) {
        content_hash_add(&reader->hash, offset, bytes, length);
    }
    while (length > 0) {
        size_t some = length < QUEUE_DATA ? length : QUEUE_DATA;
        struct op op = {.kind = OP_DATA, .offset = offset};
        if (queue_put(reader->placer->queue, &op, bytes, some, NULL) < 0) {
            return -1;
        }
        bytes += some;
        length -= some;
        offset += some;
    }
    return 0;
}

static int read_data(struct reader *reader, const struct scan_member *member, size_t record, struct err *err)
{
    const uint64_t size = reader->placer->listing.record[record].size;
    uint64_t end = 0;
    content_hash_begin(&reader->hash);
    for (;;) {
        const void *bytes;
        size_t length;
        la_int64_t offset;
        int status = archive_read_data_block(reader->tar, &bytes, &length, &offset);
        if (status == ARCHIVE_EOF) {
            break;
        }
        if (status != ARCHIVE_OK) {
            return give_up(reader, reader->tar, "damaged", err);
        }
        /* The map of a sparse file can say anything: backwards, overlapping, behind the end. */
        if (offset < 0 || (uint64_t)offset < end || (uint64_t)offset > size || length > size - (uint64_t)offset) {
            return err_set(err, ERR_INVALID, "data outside of the file");
        }
        if (put_data(reader, bytes, length, (uint64_t)offset) < 0) {
            return -1;
        }
        end = (uint64_t)offset + length;
    }
    if (!member->sparse && end != size) {
        return err_set(err, ERR_INVALID, "the file is cut off");
    }
    const struct listing_record *file = &reader->placer->listing.record[record];
    struct op op = {.kind = OP_CLOSE, .record = record, .size = size, .mtime = file->mtime};
    if (reader->placer->reader_hashes) {
        content_hash_end(&reader->hash, size, &op.digest);
    }
    return queue_put(reader->placer->queue, &op, file->path, strlen(file->path), NULL);
}

static int read_entry(struct reader *reader, struct archive_entry *from, int status, struct err *err)
{
    struct scan_member member;
    struct entry entry;
    size_t record = 0;
    bool seen = scan_take(&reader->scan, &member);
    auto_free char *path = seen ? member.path : NULL;
    auto_free char *link = seen ? member.link : NULL;
    if (status != ARCHIVE_OK && !(seen && status == ARCHIVE_WARN && is_harmless(from, &member))) {
        return give_up(reader, reader->tar, "damaged", err);
    }
    describe(from, &entry);
    if (!seen || !agrees(&member, &entry)) {
        return err_set(err, ERR_INVALID, "header that readers understand differently");
    }
    entry.name = path != NULL ? path : entry.name;
    entry.link = link != NULL ? link : entry.link;
    if (entry_place(reader->placer, &entry, &record, err) < 0) {
        return -1;
    }
    return record != LISTING_NONE ? read_data(reader, &member, record, err) : 0;
}

/* Adds number and name of the entry, unless what went wrong was found in a header further on, which has its own. */
static int wrap(const struct reader *reader, struct archive_entry *entry, struct err *err)
{
    const char *name = entry != NULL ? archive_entry_pathname(entry) : NULL;
    if (err->kind == ERR_INVALID && reader->err.kind == ERR_NONE) {
        return err_wrap(err, "entry %llu '%s'", (unsigned long long)reader->number, name != NULL ? name : "");
    }
    return -1;
}

static int read_entries(struct reader *reader, struct err *err)
{
    for (;;) {
        struct archive_entry *entry = NULL;
        int status = archive_read_next_header(reader->tar, &entry);
        if (status == ARCHIVE_EOF) {
            return 0;
        }
        reader->number++;
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
            give_up(reader, reader->tar, "damaged", err);
            return wrap(reader, entry, err);
        }
        if (read_entry(reader, entry, status, err) < 0) {
            return wrap(reader, entry, err);
        }
    }
}

/* What stands behind the last compressed byte: nothing or zeros. */
static int check_rest(struct reader *reader, struct err *err)
{
    int64_t length;
    uint64_t at = (uint64_t)archive_filter_bytes(reader->raw, -1);
    do {
        length = input_next(reader->input, &reader->block, err);
    } while (length > 0);
    if (length < 0) {
        return -1;
    }
    char rest[4096];
    while ((length = input_pread(reader->input, rest, sizeof(rest), at)) > 0) {
        for (int64_t i = 0; i < length; i++) {
            if (rest[i] != 0) {
                return err_set(err, ERR_INVALID, "data after the end of the compressed archive");
            }
        }
        at += (uint64_t)length;
    }
    return length < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "read the archive") : 0;
}

static int read_to_end(struct reader *reader, struct err *err)
{
    struct scan_member member;
    const void *bytes;
    la_ssize_t length;
    do {
        length = next_plain(reader, &bytes);
    } while (length > 0);
    if (length < 0) {
        *err = reader->err;
        return -1;
    }
    if (scan_finish(&reader->scan, err) < 0) {
        return -1;
    }
    if (scan_take(&reader->scan, &member)) {
        return err_set(err, ERR_INVALID, "readers find different numbers of entries");
    }
    return check_rest(reader, err);
}

int read_archive(struct input *input, struct placer *placer, struct read_plain *plain, struct err *err)
{
    struct reader reader = {.input = input, .placer = placer, .plain = plain};
    placer_begin_archive(placer);
    reader.scan.is_layer = placer->layers != NULL;
    reader.scan.most_entries = placer->limits->entries - placer->entries;
    reader.scan.most_bytes = placer->limits->bytes - placer->bytes;
    reader.scan.most_header_bytes = placer->limits->header_bytes;
    digest_begin(&reader.plain_hash);
    reader.raw = archive_read_new();
    reader.tar = archive_read_new();
    int result = -1;
    if (reader.raw == NULL || reader.tar == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
    } else if (open_raw(&reader, err) == 0 && open_tar(&reader, err) == 0 && read_entries(&reader, err) == 0 &&
               read_to_end(&reader, err) == 0) {
        digest_end(&reader.plain_hash, &plain->digest);
        result = 0;
    }
    archive_read_free(reader.tar);
    archive_read_free(reader.raw);
    scan_release(&reader.scan);
    return result;
}
