/* SPDX-License-Identifier: BSD-2-Clause
 * index: the sorted list of every entry of a tree. */
#include "env/index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

void index_entry_release(struct index_entry *entry)
{
    free(entry->path);
    free(entry->target);
    *entry = (struct index_entry){0};
}

/* Length of the UTF-8 character at `bytes` (which ends in NUL), 0 when there is none. The check itself is text's. */
static size_t character_length(const char *bytes)
{
    unsigned char lead = (unsigned char)bytes[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return strnlen(bytes, length) == length && text_is_utf8(bytes, length) ? length : 0;
}

void index_escape(struct buf *buf, const char *bytes)
{
    while (*bytes != '\0') {
        unsigned char c = (unsigned char)*bytes;
        size_t length = character_length(bytes);
        if (c <= 0x20 || c == 0x7f || c == '\\' || length == 0) {
            buf_addf(buf, "\\%03o", c);
            bytes++;
        } else {
            buf_add(buf, bytes, length);
            bytes += length;
        }
    }
}

void index_format(struct buf *buf, const struct index_entry *entry)
{
    auto_release(buf) struct buf path = {0};
    index_escape(&path, entry->path);
    index_format_escaped(buf, buf_text(&path), entry, entry->target);
}

void index_format_escaped(struct buf *buf, const char *escaped_path, const struct index_entry *entry,
                          const char *target)
{
    char hex[DIGEST_HEX + 1] = "-";
    buf_addf(buf, "%s\t%c\t%04o\t%llu\t", escaped_path, entry->type, entry->mode, (unsigned long long)entry->size);
    if (entry->type == 'l') {
        index_escape(buf, target);
    } else {
        if (entry->type == 'f') {
            digest_to_hex(&entry->digest, hex);
        }
        buf_add_text(buf, hex);
    }
    buf_add_text(buf, "\n");
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Undoes index_escape; NULL when the bytes are not what it writes (so that one path has one spelling). */
static char *unescape(const char *bytes, size_t length)
{
    auto_release(buf) struct buf plain = {0};
    auto_release(buf) struct buf again = {0};
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        if (c == '\\') {
            if (length - i < 4 || !is_octal(bytes[i + 1]) || !is_octal(bytes[i + 2]) || !is_octal(bytes[i + 3])) {
                return NULL;
            }
            c = (char)((bytes[i + 1] - '0') * 64 + (bytes[i + 2] - '0') * 8 + (bytes[i + 3] - '0'));
            i += 3;
        }
        if (c == '\0') {
            return NULL;
        }
        buf_add(&plain, &c, 1);
    }
    index_escape(&again, buf_text(&plain));
    if (plain.length == 0 || again.length != length || memcmp(again.bytes, bytes, length) != 0) {
        return NULL;
    }
    return buf_take(&plain);
}

enum { FIELDS = 5 };

struct field {
    const char *bytes;
    size_t length;
};

/* Splits at tabs; false unless there are exactly FIELDS fields. */
static bool split(const char *line, size_t length, struct field field[FIELDS])
{
    size_t at = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *tab = memchr(line + at, '\t', length - at);
        size_t end = tab != NULL ? (size_t)(tab - line) : length;
        if ((tab == NULL) != (i == FIELDS - 1)) {
            return false;
        }
        field[i] = (struct field){.bytes = line + at, .length = end - at};
        at = end + 1;
    }
    return true;
}

static bool parse_mode(struct field field, unsigned *ret_mode)
{
    unsigned mode = 0;
    if (field.length != 4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!is_octal(field.bytes[i])) {
            return false;
        }
        mode = mode * 8 + (unsigned)(field.bytes[i] - '0');
    }
    *ret_mode = mode;
    return true;
}

static bool parse_size(struct field field, uint64_t *ret_size)
{
    char digits[24];
    if (field.length >= sizeof(digits) || (field.length > 1 && field.bytes[0] == '0')) {
        return false; /* one number has one spelling, as paths do: the digest is over the text */
    }
    memcpy(digits, field.bytes, field.length);
    digits[field.length] = '\0';
    return text_to_u64(digits, 0, INT64_MAX, ret_size);
}

static bool parse_content(struct field field, struct index_entry *entry)
{
    char hex[DIGEST_HEX + 1];
    switch (entry->type) {
    case 'f':
        if (field.length != DIGEST_HEX) {
            return false;
        }
        memcpy(hex, field.bytes, DIGEST_HEX);
        hex[DIGEST_HEX] = '\0';
        return digest_from_hex(hex, &entry->digest);
    case 'd':
        return entry->size == 0 && field.length == 1 && field.bytes[0] == '-';
    case 'l':
        entry->target = unescape(field.bytes, field.length);
        return entry->size == 0 && entry->target != NULL;
    default:
        return false;
    }
}

int index_parse(const char *line, size_t length, struct index_entry *ret_entry, struct err *err)
{
    struct field field[FIELDS];
    auto_release(index_entry) struct index_entry entry = {0};
    if (split(line, length, field) && field[1].length == 1 && parse_mode(field[2], &entry.mode) &&
        parse_size(field[3], &entry.size)) {
        entry.type = field[1].bytes[0];
        entry.path = unescape(field[0].bytes, field[0].length);
        if (entry.path != NULL && parse_content(field[4], &entry)) {
            *ret_entry = entry;
            entry = (struct index_entry){0};
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "tree index is damaged at the line '%.*s'", (int)(length < 200 ? length : 200),
                   line);
}
