/* SPDX-License-Identifier: BSD-2-Clause
 * image_archive: where the members of an archive of images lie in its file. */
#include "supply/image_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

enum { BLOCK = 512, EXTENSION_BYTES = 64 * 1024 };

struct member {
    char type; /* '0' file, '1' hard link, '2' symbolic link */
    struct image_range range;
    char link[IMAGE_ARCHIVE_NAME + 1];
};

/* The walk: where it is, and what an extended header said about the next entry. */
struct walk {
    struct image_archive *archive;
    uint64_t at, end;
    uint64_t number; /* of the entry, from 1 */
    char name[IMAGE_ARCHIVE_NAME + 1], link[IMAGE_ARCHIVE_NAME + 1];
    bool has_name, has_link, has_size;
    uint64_t size;
};

static int read_at(const struct walk *walk, void *bytes, size_t length, struct err *err)
{
    size_t done = 0;
    if (length > walk->end - walk->at) {
        return err_set(err, ERR_INVALID, "it ends in the middle: truncated");
    }
    while (done < length) {
        ssize_t got = pread(walk->archive->fd, (char *)bytes + done, length - done, (off_t)(walk->at + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? err_set_errno(err, ERR_SYSTEM, errno, "read")
                           : err_set(err, ERR_INVALID, "it became shorter while it was read");
        }
        done += (size_t)got;
    }
    return 0;
}

/* Octal digits between blanks, or big-endian binary with the first bit set (GNU tar, for what does not fit). */
static bool read_number(const unsigned char *field, size_t length, uint64_t *ret_value)
{
    uint64_t value = 0;
    size_t i = 0;
    if ((field[0] & 0x80) != 0) {
        for (value = field[0] & 0x7f, i = 1; i < length; i++) {
            if (value >> 48 != 0) {
                return false;
            }
            value = value << 8 | field[i];
        }
        *ret_value = value;
        return true;
    }
    while (i < length && field[i] == ' ') {
        i++;
    }
    size_t digits = i;
    for (; i < length && field[i] >= '0' && field[i] <= '7'; i++) {
        value = value << 3 | (uint64_t)(field[i] - '0'); /* at most 12 digits */
    }
    if (i == digits || (i < length && field[i] != ' ' && field[i] != '\0')) {
        return false;
    }
    *ret_value = value;
    return true;
}

static bool check_sum(const unsigned char block[BLOCK])
{
    uint64_t said = 0;
    uint64_t is = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        is += i >= 148 && i < 156 ? ' ' : block[i];
    }
    return read_number(block + 148, 8, &said) && said == is;
}

static int take_name(char name[IMAGE_ARCHIVE_NAME + 1], const char *text, size_t length, struct err *err)
{
    if (length == 0 || length > IMAGE_ARCHIVE_NAME || memchr(text, '\0', length) != NULL) {
        return err_set(err, ERR_INVALID, "a name in it is empty, longer than %d bytes or holds a NUL",
                       IMAGE_ARCHIVE_NAME);
    }
    memcpy(name, text, length);
    name[length] = '\0';
    return 0;
}

static int take_record(struct walk *walk, const char *key, size_t key_length, const char *value, size_t length,
                       struct err *err)
{
    if (key_length == 4 && memcmp(key, "path", 4) == 0) {
        walk->has_name = true;
        return take_name(walk->name, value, length, err);
    }
    if (key_length == 8 && memcmp(key, "linkpath", 8) == 0) {
        walk->has_link = true;
        return take_name(walk->link, value, length, err);
    }
    if (key_length == 4 && memcmp(key, "size", 4) == 0) {
        walk->size = 0;
        for (size_t i = 0; i < length; i++) {
            if (value[i] < '0' || value[i] > '9' || walk->size >> 50 != 0) {
                return err_set(err, ERR_INVALID, "a size in it is not a number");
            }
            walk->size = walk->size * 10 + (uint64_t)(value[i] - '0');
        }
        walk->has_size = length > 0;
    }
    return 0;
}

/* "LENGTH KEY=VALUE\n", one after the other. */
static int take_records(struct walk *walk, const char *text, size_t length, struct err *err)
{
    for (size_t at = 0; at < length;) {
        size_t whole = 0;
        size_t i = at;
        for (; i < length && text[i] >= '0' && text[i] <= '9' && whole < EXTENSION_BYTES; i++) {
            whole = whole * 10 + (size_t)(text[i] - '0');
        }
        if (i == at || i >= length || text[i] != ' ' || whole > length - at || whole < i - at + 3 ||
            text[at + whole - 1] != '\n') {
            return err_set(err, ERR_INVALID, "an extended header in it is damaged");
        }
        const char *key = text + i + 1;
        const char *end = text + at + whole - 1;
        const char *equal = memchr(key, '=', (size_t)(end - key));
        if (equal == NULL) {
            return err_set(err, ERR_INVALID, "an extended header in it is damaged");
        }
        if (take_record(walk, key, (size_t)(equal - key), equal + 1, (size_t)(end - equal) - 1, err) < 0) {
            return -1;
        }
        at += whole;
    }
    return 0;
}

static int take_extension(struct walk *walk, char type, uint64_t size, struct err *err)
{
    if (size == 0 || size > EXTENSION_BYTES) {
        return err_set(err, ERR_INVALID, "an extended header in it is larger than %d bytes", EXTENSION_BYTES);
    }
    auto_free char *text = xmalloc(size);
    if (read_at(walk, text, size, err) < 0) {
        return -1;
    }
    if (type == 'x') {
        return take_records(walk, text, size, err);
    }
    size_t length = strnlen(text, size); /* GNU: ends in NUL */
    bool link = type == 'K';
    *(link ? &walk->has_link : &walk->has_name) = true;
    return take_name(link ? walk->link : walk->name, text, length, err);
}

/* The name in the header itself: with its prefix when the header is a POSIX one. */
static int header_name(const unsigned char block[BLOCK], char name[IMAGE_ARCHIVE_NAME + 1], struct err *err)
{
    const char *own = (const char *)block;
    const char *prefix = own + 345;
    size_t length = strnlen(own, 100);
    size_t prefix_length = memcmp(block + 257, "ustar\00000", 8) == 0 ? strnlen(prefix, 155) : 0;
    auto_free char *text = prefix_length > 0 ? xasprintf("%.*s/%.*s", (int)prefix_length, prefix, (int)length, own)
                                             : xstrndup(own, length);
    return take_name(name, text, strlen(text), err);
}

static int add_member(struct walk *walk, const unsigned char block[BLOCK], uint64_t size, struct err *err)
{
    char type = block[156] == '\0' ? '0' : (char)block[156];
    struct member *member = xcalloc(1, sizeof(*member));
    auto_free struct member *owned = member;
    if (!walk->has_name && header_name(block, walk->name, err) < 0) {
        return -1;
    }
    if (!walk->has_link && (type == '1' || type == '2') &&
        take_name(walk->link, (const char *)block + 157, strnlen((const char *)block + 157, 100), err) < 0) {
        return -1;
    }
    if (type == '5') {
        return 0;
    }
    if (type != '0' && type != '1' && type != '2') {
        return err_set(err, ERR_INVALID, "'%s' in it is neither a file nor a link", walk->name);
    }
    auto_free char *normal = path_normal("/", walk->name);
    *member = (struct member){.type = type, .range = {.from = walk->at, .size = type == '0' ? size : 0}};
    if (type != '0') {
        memcpy(member->link, walk->link, sizeof(member->link));
    }
    if (strmap_get(&walk->archive->members, normal) != NULL) {
        return err_set(err, ERR_INVALID, "'%s' comes twice in it", walk->name);
    }
    strmap_put(&walk->archive->members, normal, steal_ptr(&owned));
    return 0;
}

/* One header and what belongs to it. 1 there may be more, 0 the end, -1 error. */
static int walk_one(struct walk *walk, struct err *err)
{
    static const unsigned char zeros[BLOCK];
    unsigned char block[BLOCK] = {0};
    uint64_t size = 0;
    if (walk->at == walk->end) {
        return err_set(err, ERR_INVALID, "it has no end: truncated");
    }
    if (read_at(walk, block, BLOCK, err) < 0) {
        return -1;
    }
    if (memcmp(block, zeros, BLOCK) == 0) {
        return 0;
    }
    if (!check_sum(block) || !read_number(block + 124, 12, &size)) {
        return walk->number == 0 ? err_set(err, ERR_INVALID, "it is not a tar archive")
                                 : err_set(err, ERR_INVALID, "the header of entry %llu in it is damaged",
                                           (unsigned long long)walk->number + 1);
    }
    char type = (char)block[156];
    bool extension = type == 'x' || type == 'L' || type == 'K';
    walk->number += !extension;
    walk->at += BLOCK;
    size = !extension && walk->has_size ? walk->size : size;
    size = type == '1' || type == '2' || type == '5' ? 0 : size;
    if (size > walk->end - walk->at) {
        return err_set(err, ERR_INVALID, "it ends in the middle: truncated");
    }
    if (walk->number > IMAGE_ARCHIVE_MEMBERS) {
        return err_set(err, ERR_INVALID, "it has more than %d entries", IMAGE_ARCHIVE_MEMBERS);
    }
    if (extension ? take_extension(walk, type, size, err) < 0 : type != 'g' && add_member(walk, block, size, err) < 0) {
        return -1;
    }
    if (!extension) {
        walk->has_name = walk->has_link = walk->has_size = false;
    }
    uint64_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
    walk->at += padded < walk->end - walk->at ? padded : walk->end - walk->at;
    return 1;
}

/* Its layers are read from within it, wherever they lie: what has to be decompressed first has no such places. */
static int check_plain(int fd, struct err *err)
{
    static const struct {
        const char *magic, *tool;
    } known[] = {{"\x1f\x8b", "gunzip"},
                 {"\x28\xb5\x2f\xfd", "unzstd"},
                 {"\xfd"
                  "7zXZ",
                  "unxz"},
                 {"BZh", "bunzip2"}};
    char begin[8] = "";
    ssize_t got = pread(fd, begin, sizeof(begin) - 1, 0);
    for (size_t i = 0; got > 0 && i < sizeof(known) / sizeof(*known); i++) {
        if (strncmp(begin, known[i].magic, strlen(known[i].magic)) == 0) {
            return err_set(err, ERR_INVALID, "it is a compressed file; use %s on it first", known[i].tool);
        }
    }
    return 0;
}

int image_archive_open(const char *path, struct image_archive *ret_archive, struct err *err)
{
    struct stat st;
    /* O_NONBLOCK: a FIFO in the place of the file must not hold us. */
    struct image_archive archive = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (archive.fd < 0 || fstat(archive.fd, &st) < 0) {
        int saved = errno;
        image_archive_close(&archive);
        return err_set_errno(err, saved == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, saved, "open '%s'", path);
    }
    struct walk walk = {.archive = &archive, .end = (uint64_t)st.st_size};
    int result = S_ISREG(st.st_mode) ? 1 : err_set(err, ERR_INVALID, "it is not a regular file");
    if (result == 1 && check_plain(archive.fd, err) < 0) {
        result = -1;
    }
    while (result == 1) {
        result = walk_one(&walk, err);
    }
    if (result < 0) {
        image_archive_close(&archive);
        return err_wrap(err, "'%s'", path);
    }
    *ret_archive = archive;
    return 0;
}

bool image_archive_find(const struct image_archive *archive, const char *name, struct image_range *ret_range)
{
    enum { HOPS = 8 }; /* docker save of the old form makes one */
    auto_free char *at = path_normal("/", name);
    for (int hop = 0; hop < HOPS; hop++) {
        const struct member *member = strmap_get(&archive->members, at);
        if (member == NULL) {
            return false;
        }
        if (member->type == '0') {
            *ret_range = member->range;
            return true;
        }
        auto_free char *folder = xstrndup(at, (size_t)(path_base(at) - at));
        char *next = path_normal(member->type == '1' ? "/" : folder, member->link);
        free(at);
        at = next;
    }
    return false;
}

void image_archive_close(struct image_archive *archive)
{
    for (size_t i = 0; i < archive->members.capacity; i++) {
        if (archive->members.slot[i].key != NULL) {
            free(archive->members.slot[i].value);
        }
    }
    strmap_release(&archive->members);
    if (archive->fd >= 0) {
        close(archive->fd);
    }
    *archive = (struct image_archive){.fd = -1};
}
