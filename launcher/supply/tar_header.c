/* SPDX-License-Identifier: BSD-2-Clause
 * tar_header: the header blocks of one entry of a tar. */
#include "supply/tar_header.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

enum { NAME_BYTES = 100, PREFIX_BYTES = 155 };
#define USTAR_SIZE_MOST 077777777777ULL /* eleven octal digits: 8 GiB */

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
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a tar header is one block");

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
    for (size_t i = 0; i < TAR_BLOCK; i++) {
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

static void add_records(struct buf *blocks, const struct buf *records, int64_t mtime)
{
    static const char zero[TAR_BLOCK] = {0};
    struct header header;
    size_t over = records->length % TAR_BLOCK;
    begin_header(&header, 'x', 0644, records->length, mtime);
    put_path(&header, "pax-header");
    put_checksum(&header);
    buf_add(blocks, &header, TAR_BLOCK);
    buf_add(blocks, records->bytes, records->length);
    buf_add(blocks, zero, over == 0 ? 0 : TAR_BLOCK - over);
}

int tar_header_add(struct buf *blocks, const struct tar_entry *entry, struct err *err)
{
    struct header header;
    auto_release(buf) struct buf records = {0};
    size_t link_length = strlen(entry->link);
    begin_header(&header, entry->type, entry->mode, entry->size, entry->mtime);
    if (!put_path(&header, entry->path)) {
        add_record(&records, "path", entry->path);
        memcpy(header.name, entry->path, NAME_BYTES);
    }
    if (link_length > NAME_BYTES) {
        add_record(&records, "linkpath", entry->link);
    }
    memcpy(header.linkname, entry->link, link_length < NAME_BYTES ? link_length : NAME_BYTES);
    if (entry->size > USTAR_SIZE_MOST) {
        auto_free char *digits = xasprintf("%llu", (unsigned long long)entry->size);
        add_record(&records, "size", digits);
    }
    /* Values of pax records are UTF-8 by definition; readers would guess at anything else. */
    if (records.length > 0 && !text_is_utf8(records.bytes, records.length)) {
        return err_set(err, ERR_INVALID, "'%s': a name this long must be UTF-8", entry->path);
    }
    put_checksum(&header);
    if (records.length > 0) {
        add_records(blocks, &records, entry->mtime);
    }
    buf_add(blocks, &header, TAR_BLOCK);
    return 0;
}
