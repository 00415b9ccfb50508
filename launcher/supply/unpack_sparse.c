/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_sparse: the map of a sparse file in a tar archive. */
#include "supply/unpack_sparse.h"

#include <string.h>

#include "supply/unpack_number.h"

enum {
    BLOCK = 512,
    NUMBER = 12,
    EXTENT = 2 * NUMBER,
    HEADER_MAP = 386,
    HEADER_EXTENTS = 4,
    HEADER_MORE = 482,
    HEADER_SIZE = 483,
    MORE_EXTENTS = 21,
    MORE_MORE = 504,
};

static const char malformed[] = "malformed map of a sparse file";
static const char confusing[] = "map of a sparse file that readers take differently";

static const char *add_extent(struct sparse *sparse, uint64_t offset, uint64_t length)
{
    if (offset < sparse->end || length > UINT64_MAX / 4 || offset > UINT64_MAX / 4) {
        return confusing;
    }
    sparse->extents++;
    sparse->end = offset + length;
    sparse->stored += length;
    return sparse->stored > UINT64_MAX / 4 ? confusing : NULL;
}

static const char *take_number(bool *seen, uint64_t *ret_value, const char *text, size_t length)
{
    if (*seen) {
        return confusing;
    }
    *seen = true;
    return number_parse_decimal(text, length, ret_value) ? NULL : malformed;
}

/* "0,512,4096,512": form 0.1. */
static const char *read_list(struct sparse *sparse, const char *text, size_t length)
{
    const char *end = text + length;
    uint64_t offset = 0;
    for (size_t i = 0; text < end; i++) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        size_t digits = comma != NULL ? (size_t)(comma - text) : (size_t)(end - text);
        uint64_t value;
        if (!number_parse_decimal(text, digits, &value) || (comma != NULL && comma + 1 == end)) {
            return malformed;
        }
        const char *wrong = i % 2 == 1 ? add_extent(sparse, offset, value) : comma == NULL ? malformed : NULL;
        if (wrong != NULL) {
            return wrong;
        }
        offset = value;
        text += digits + (comma != NULL);
    }
    return NULL;
}

static bool is(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

static const char *read_length(struct sparse *sparse, const char *text, size_t length)
{
    uint64_t value;
    if (!sparse->has_offset || !number_parse_decimal(text, length, &value)) {
        return malformed;
    }
    sparse->has_offset = false;
    return add_extent(sparse, sparse->offset, value);
}

/* Only "1" and "0", in this order of meaning: the one version that says which it is. */
static const char *read_version(bool *seen, const char *wanted, const char *text, size_t length)
{
    if (*seen || !is(wanted, text, length)) {
        return "map of a sparse file in an unknown version";
    }
    *seen = true;
    return NULL;
}

const char *sparse_read_record(struct sparse *sparse, const char *key, size_t key_length, const char *value,
                               size_t value_length)
{
    sparse->seen = true;
    if (is("size", key, key_length) || is("realsize", key, key_length)) {
        return take_number(&sparse->has_size, &sparse->size, value, value_length);
    }
    if (is("numblocks", key, key_length)) {
        return take_number(&sparse->has_blocks, &sparse->blocks, value, value_length);
    }
    if (is("offset", key, key_length)) {
        return take_number(&sparse->has_offset, &sparse->offset, value, value_length);
    }
    if (is("numbytes", key, key_length)) {
        return read_length(sparse, value, value_length);
    }
    if (is("map", key, key_length)) {
        return sparse->extents > 0 ? confusing : read_list(sparse, value, value_length);
    }
    if (is("major", key, key_length)) {
        sparse->in_data = true;
        return read_version(&sparse->has_major, "1", value, value_length);
    }
    if (is("minor", key, key_length)) {
        return read_version(&sparse->has_minor, "0", value, value_length);
    }
    if (is("name", key, key_length) && !sparse->has_name) {
        sparse->has_name = true;
        return NULL;
    }
    return malformed;
}

/* An empty field ends the map. Readers look at one of its two numbers, and not all at the same: so all is empty from
 * there on, or it is refused. */
static const char *read_fields(struct sparse *sparse, const char *fields, size_t count, bool more)
{
    static const char empty[EXTENT];
    for (size_t i = 0; i < count; i++, fields += EXTENT) {
        uint64_t offset;
        uint64_t length;
        if (memcmp(fields, empty, EXTENT) == 0) {
            sparse->ended = true;
            continue;
        }
        if (sparse->ended || fields[0] == '\0' || fields[NUMBER] == '\0' || !number_parse(fields, NUMBER, &offset) ||
            !number_parse(fields + NUMBER, NUMBER, &length)) {
            return malformed;
        }
        const char *wrong = add_extent(sparse, offset, length);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return sparse->ended && more ? malformed : NULL;
}

const char *sparse_read_header(struct sparse *sparse, const char *block)
{
    if (sparse->seen) {
        return confusing; /* a pax map, too */
    }
    sparse->seen = sparse->has_size = true;
    if (!number_parse(block + HEADER_SIZE, NUMBER, &sparse->size)) {
        return malformed;
    }
    return read_fields(sparse, block + HEADER_MAP, HEADER_EXTENTS, block[HEADER_MORE] != 0);
}

const char *sparse_read_more(struct sparse *sparse, const char *block)
{
    return read_fields(sparse, block, MORE_EXTENTS, block[MORE_MORE] != 0);
}

/* The line that has ended: the count, then offset and length by turns. */
static const char *take_line(struct sparse *sparse)
{
    uint64_t value = sparse->number;
    sparse->number = sparse->digits = 0;
    if (!sparse->has_blocks) {
        sparse->has_blocks = true;
        sparse->blocks = value;
    } else if (!sparse->has_offset) {
        sparse->has_offset = true;
        sparse->offset = value;
    } else {
        sparse->has_offset = false;
        const char *wrong = add_extent(sparse, sparse->offset, value);
        if (wrong != NULL) {
            return wrong;
        }
    }
    sparse->ended = sparse->extents == sparse->blocks;
    return NULL;
}

const char *sparse_read_text(struct sparse *sparse, const char *bytes, size_t length)
{
    enum { DIGITS_MOST = 18 };
    for (size_t i = 0; i < length && !sparse->ended; i++) {
        sparse->text++;
        if (bytes[i] >= '0' && bytes[i] <= '9' && sparse->digits < DIGITS_MOST) {
            sparse->number = sparse->number * 10 + (uint64_t)(bytes[i] - '0');
            sparse->digits++;
            continue;
        }
        const char *wrong = bytes[i] == '\n' && sparse->digits > 0 ? take_line(sparse) : malformed;
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

const char *sparse_finish(const struct sparse *sparse, uint64_t data)
{
    uint64_t text = sparse->in_data ? (sparse->text + BLOCK - 1) / BLOCK * BLOCK : 0;
    if (!sparse->has_size || sparse->has_offset || (sparse->in_data && !sparse->ended) ||
        sparse->has_major != sparse->has_minor) {
        return malformed;
    }
    if ((sparse->has_blocks && sparse->blocks != sparse->extents) || sparse->end != sparse->size || data < text ||
        sparse->stored != data - text) {
        return confusing;
    }
    return NULL;
}
