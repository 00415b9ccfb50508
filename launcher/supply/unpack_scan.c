/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_scan: walks the headers of a tar stream. POSIX.1-2017 pax, "ustar Interchange Format" and "pax Interchange
 * Format"; GNU tar manual, "Basic Tar Format". The records of extended headers are in unpack_pax.c. */
#include "supply/unpack_scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "supply/unpack_number.h"
#include "supply/unpack_pax.h"

enum {
    BLOCK = 512,
    NAME = 0,
    NAME_SIZE = 100,
    SIZE = 124,
    NUMBER_SIZE = 12,
    CHECKSUM = 148,
    CHECKSUM_SIZE = 8,
    TYPE = 156,
    GNU_EXTENDED = 482,      /* old GNU sparse header: whether more of the map follows */
    GNU_MORE_EXTENDED = 504, /* the same in each further block of the map */
    /* Tape records are at most some MiB; more padding than this is there to keep us busy. */
    MOST_PADDING = 64 * 1024 * 1024,
};

static int refuse(const struct scan *scan, struct err *err, const char *what)
{
    char name[NAME_SIZE + 1];
    memcpy(name, scan->block + NAME, NAME_SIZE);
    name[NAME_SIZE] = '\0';
    if (scan->members == 0 && !scan->group.pax && !scan->group.long_name && !scan->group.long_link) {
        return err_set(err, ERR_INVALID, "entry 1 '%s': %s", name, what);
    }
    return err_set(err, ERR_INVALID, "entry %llu '%s': %s", (unsigned long long)scan->members + 1, name, what);
}

static bool is_zero(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Historic tars summed the bytes as signed. */
static bool checksum_is_right(const char *block)
{
    uint64_t said;
    uint64_t sum = 0;
    int64_t signed_sum = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        bool within = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE;
        sum += within ? ' ' : (unsigned char)block[i];
        signed_sum += within ? ' ' : (signed char)block[i];
    }
    return number_parse(block + CHECKSUM, CHECKSUM_SIZE, &said) && (said == sum || (int64_t)said == signed_sum);
}

static void enqueue(struct scan *scan, const struct scan_member *member)
{
    if (scan->queue_first > 0 && scan->queue_first == scan->queue_count) {
        scan->queue_first = scan->queue_count = 0;
    }
    if (scan->queue_count == scan->queue_capacity) {
        scan->queue_capacity = scan->queue_capacity < 64 ? 64 : scan->queue_capacity * 2;
        scan->queue = xreallocarray(scan->queue, scan->queue_capacity, sizeof(*scan->queue));
    }
    scan->queue[scan->queue_count++] = *member;
    scan->members++;
}

bool scan_take(struct scan *scan, struct scan_member *ret_member)
{
    if (scan->queue_first == scan->queue_count) {
        return false;
    }
    *ret_member = scan->queue[scan->queue_first++];
    return true; /* the names are the caller's now */
}

static uint64_t padded(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* The header of a member is complete: its data follows. */
static int begin_data(struct scan *scan, const struct scan_member *member, struct err *err)
{
    scan->map = scan->group.map;
    if (scan->map.seen && (!scan->map.in_data || member->size == 0)) {
        const char *wrong = sparse_finish(&scan->map, member->size);
        if (wrong != NULL) {
            return refuse(scan, err, wrong);
        }
    }
    enqueue(scan, member);
    scan->queue[scan->queue_count - 1].path = steal_ptr(&scan->group.raw_path);
    scan->queue[scan->queue_count - 1].link = steal_ptr(&scan->group.raw_link);
    scan->group = (struct scan_group){0};
    scan->payload = member->size;
    scan->left = padded(member->size);
    scan->state = scan->left > 0 ? SCAN_DATA : SCAN_HEADER;
    return 0;
}

/* The map of a sparse file that stands before its data. `length` bytes of the data are at hand; `left` is what comes
 * after them. */
static int read_map(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
    if (!scan->map.in_data || scan->map.ended) {
        return 0;
    }
    const char *wrong = sparse_read_text(&scan->map, bytes, length);
    if (wrong == NULL && (scan->map.ended || scan->left == 0)) {
        wrong = sparse_finish(&scan->map, scan->payload);
    }
    return wrong == NULL ? 0 : err_set(err, ERR_INVALID, "entry %llu: %s", (unsigned long long)scan->members, wrong);
}

static int begin_member(struct scan *scan, char type, uint64_t size, struct err *err)
{
    struct scan_member member = {
        .type = type == '\0' || type == '7' ? '0' : type,
        .sparse = type == 'S' || scan->group.map.seen,
        .odd_time = scan->group.odd_time,
        .size = scan->group.has_size ? scan->group.size : size,
    };
    if (type >= '1' && type <= '6' && member.size != 0) {
        return refuse(scan, err, "a link, directory or device with data, which readers take differently");
    }
    if (scan->members >= scan->most_entries) {
        return refuse(scan, err, "too many entries; $SCIWRAP_UNPACK_ENTRIES sets the limit");
    }
    const char *wrong = type == 'S'                                  ? sparse_read_header(&scan->group.map, scan->block)
                        : scan->group.map.seen && member.type != '0' ? "a sparse entry that is no file"
                                                                     : NULL;
    if (wrong != NULL) {
        return refuse(scan, err, wrong);
    }
    /* Before a byte is written or a hole is hashed: a declared size costs nothing to write down. */
    uint64_t whole = member.sparse && scan->group.map.size > member.size ? scan->group.map.size : member.size;
    if (whole > scan->most_bytes || scan->bytes > scan->most_bytes - whole) {
        return refuse(scan, err, "the files are larger than allowed; $SCIWRAP_UNPACK_BYTES sets the limit");
    }
    scan->bytes += whole;
    member.whole = member.sparse ? scan->group.map.size : member.size;
    if (type == 'S' && scan->block[GNU_EXTENDED] != 0) {
        scan->pending = member;
        scan->state = SCAN_SPARSE_MAP;
        return 0;
    }
    return begin_data(scan, &member, err);
}

static int begin_extension(struct scan *scan, char type, uint64_t size, struct err *err)
{
    bool *seen = type == 'L' ? &scan->group.long_name : type == 'K' ? &scan->group.long_link : &scan->group.pax;
    if (size > scan->most_header_bytes) {
        return refuse(scan, err, "extended header is too large; $SCIWRAP_UNPACK_HEADER sets the limit");
    }
    if (size == 0 && (type == 'L' || type == 'K')) {
        return refuse(scan, err, "empty name");
    }
    if (type != 'g') {
        if (*seen) {
            return refuse(scan, err, "two extended headers of one kind for one entry");
        }
        *seen = true;
    }
    buf_clear(&scan->extension);
    scan->extension_type = type;
    scan->payload = size;
    scan->left = padded(size);
    scan->state = scan->left > 0 ? SCAN_EXTENSION : SCAN_HEADER;
    return 0;
}

static int read_header(struct scan *scan, struct err *err)
{
    uint64_t size;
    char type = scan->block[TYPE];
    bool group_open = scan->group.pax || scan->group.long_name || scan->group.long_link;
    if (is_zero(scan->block, BLOCK)) {
        if (group_open) {
            return err_set(err, ERR_INVALID, "the archive ends after an extended header without its entry");
        }
        scan->state = SCAN_END;
        return 0;
    }
    if (!checksum_is_right(scan->block)) {
        if (scan->members == 0 && !group_open) {
            return err_set(err, ERR_INVALID, "not a tar archive (plain, gzip, bzip2, xz or zstd)");
        }
        return refuse(scan, err, "damaged header: its checksum is wrong");
    }
    if (!number_parse(scan->block + SIZE, NUMBER_SIZE, &size)) {
        return refuse(scan, err, "negative or malformed size");
    }
    switch (type) {
    case 'x':
    case 'X':
    case 'g':
    case 'L':
    case 'K':
        return begin_extension(scan, type, size, err);
    case 'V':
        return size == 0 && !group_open ? 0 : refuse(scan, err, "volume label with data");
    case 'M':
    case 'D':
        return refuse(scan, err, "part of a multi-volume or incremental archive");
    case '\0':
    case '7':
    case 'S':
        return begin_member(scan, type, size, err);
    default:
        if (type >= '0' && type <= '6') {
            return begin_member(scan, type, size, err);
        }
        return refuse(scan, err, "unknown kind of entry");
    }
}

static int read_extension(struct scan *scan, struct err *err)
{
    const char *wrong = NULL;
    scan->state = SCAN_HEADER;
    switch (scan->extension_type) {
    case 'L':
    case 'K':
        wrong = pax_check_long_name(buf_text(&scan->extension), scan->payload);
        break;
    case 'g':
        wrong = pax_read_global(buf_text(&scan->extension), scan->payload);
        break;
    default:
        wrong = pax_read_local(buf_text(&scan->extension), scan->payload, &scan->group);
        break;
    }
    /* Both name it and no rule says which one wins. */
    if (wrong == NULL &&
        ((scan->group.path && scan->group.long_name) || (scan->group.link_path && scan->group.long_link))) {
        wrong = "two names for one entry";
    }
    return wrong == NULL ? 0 : refuse(scan, err, wrong);
}

static int read_block(struct scan *scan, struct err *err)
{
    if (scan->state == SCAN_HEADER) {
        return read_header(scan, err);
    }
    const char *wrong = sparse_read_more(&scan->group.map, scan->block);
    if (wrong != NULL) {
        return err_set(err, ERR_INVALID, "entry %llu: %s", (unsigned long long)scan->members + 1, wrong);
    }
    return scan->block[GNU_MORE_EXTENDED] == 0 ? begin_data(scan, &scan->pending, err) : 0;
}

static int64_t feed_block(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
    size_t some = length < BLOCK - scan->filled ? length : BLOCK - scan->filled;
    memcpy(scan->block + scan->filled, bytes, some);
    scan->filled += some;
    if (scan->filled == BLOCK) {
        scan->filled = 0;
        return read_block(scan, err) < 0 ? -1 : (int64_t)some;
    }
    return (int64_t)some;
}

static int64_t feed_extension(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
    size_t some = length < scan->left ? length : (size_t)scan->left;
    scan->left -= some;
    buf_add(&scan->extension, bytes, some);
    return scan->left == 0 && read_extension(scan, err) < 0 ? -1 : (int64_t)some;
}

static int64_t feed_data(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
    size_t some = length < scan->left ? length : (size_t)scan->left;
    scan->left -= some;
    if (read_map(scan, bytes, some, err) < 0) {
        return -1;
    }
    scan->state = scan->left == 0 ? SCAN_HEADER : SCAN_DATA;
    return (int64_t)some;
}

static int64_t feed_end(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
    scan->left += length;
    if (!is_zero(bytes, length)) {
        return err_set(err, ERR_INVALID, "data after the end of the archive, which other readers would take");
    }
    if (scan->left > MOST_PADDING) {
        return err_set(err, ERR_INVALID, "endless padding after the end of the archive");
    }
    return (int64_t)length;
}

/* How many of the `length` bytes belong to the state the walk is in; -1 on error. */
static int64_t feed_some(struct scan *scan, const char *bytes, size_t length, struct err *err)
{
    switch (scan->state) {
    case SCAN_EXTENSION:
        return feed_extension(scan, bytes, length, err);
    case SCAN_DATA:
        return feed_data(scan, bytes, length, err);
    case SCAN_END:
        return feed_end(scan, bytes, length, err);
    case SCAN_HEADER:
    case SCAN_SPARSE_MAP:
    default:
        return feed_block(scan, bytes, length, err);
    }
}

int scan_feed(struct scan *scan, const void *bytes, size_t length, struct err *err)
{
    const char *at = bytes;
    while (length > 0) {
        int64_t some = feed_some(scan, at, length, err);
        if (some < 0) {
            return -1;
        }
        at += some;
        length -= (size_t)some;
    }
    return 0;
}

size_t scan_missing(const struct scan *scan)
{
    const struct scan_group *group = &scan->group;
    bool between =
        scan->state == SCAN_HEADER && scan->filled == 0 && !group->pax && !group->long_name && !group->long_link;
    bool in_padding = scan->state == SCAN_DATA && scan->left <= padded(scan->payload) - scan->payload;
    if (!scan->is_layer || !(between || in_padding)) {
        return 0;
    }
    return (in_padding ? (size_t)scan->left : 0) + (size_t)2 * BLOCK;
}

int scan_finish(const struct scan *scan, struct err *err)
{
    if (scan->state != SCAN_END || scan->filled != 0) {
        return err_set(err, ERR_INVALID, "the archive is truncated: its end marker is missing after entry %llu",
                       (unsigned long long)scan->members);
    }
    if (scan->members == 0 && !scan->is_layer) {
        return err_set(err, ERR_INVALID, "the archive has no entries");
    }
    return 0;
}

void scan_release(struct scan *scan)
{
    struct scan_member member;
    while (scan_take(scan, &member)) {
        free(member.path);
        free(member.link);
    }
    free(scan->group.raw_path);
    free(scan->group.raw_link);
    buf_release(&scan->extension);
    free(scan->queue);
    *scan = (struct scan){0};
}
