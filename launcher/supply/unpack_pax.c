/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_pax: the records of extended tar headers. */
#include "supply/unpack_pax.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "supply/unpack_number.h"
#include "supply/unpack_scan.h"

struct record {
    const char *key;
    size_t key_length;
    const char *value;
    size_t value_length;
};

static const char malformed[] = "malformed extended header";
static const char sparse_prefix[] = "GNU.sparse.";

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes one record from the front of the bytes; the number of bytes it has, 0 when it is malformed. */
static size_t take_record(const char *bytes, size_t length, struct record *record)
{
    size_t said = 0;
    size_t at = 0;
    for (; at < length && is_digit(bytes[at]); at++) {
        said = said * 10 + (size_t)(bytes[at] - '0');
        if (said > length) {
            return 0;
        }
    }
    if (at == 0 || at >= said || bytes[at] != ' ' || bytes[said - 1] != '\n') {
        return 0;
    }
    const char *key = bytes + at + 1;
    const char *end = bytes + said - 1;
    const char *equals = key < end ? memchr(key, '=', (size_t)(end - key)) : NULL;
    if (equals == NULL || equals == key || memchr(key, '\0', (size_t)(equals - key)) != NULL) {
        return 0;
    }
    *record = (struct record){.key = key,
                              .key_length = (size_t)(equals - key),
                              .value = equals + 1,
                              .value_length = (size_t)(end - equals - 1)};
    return said;
}

static bool key_is(const struct record *record, const char *key)
{
    return record->key_length == strlen(key) && memcmp(record->key, key, record->key_length) == 0;
}

static bool key_begins(const struct record *record, const char *front)
{
    return record->key_length >= strlen(front) && memcmp(record->key, front, strlen(front)) == 0;
}

static bool has_high_byte(const struct record *record)
{
    for (size_t i = 0; i < record->value_length; i++) {
        if ((unsigned char)record->value[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

/* A reader in C would cut the name at the NUL and see another one than a reader that counts. */
static const char *read_name(const struct record *record, bool *seen, char **raw)
{
    if (*seen) {
        return "two names for one entry";
    }
    *seen = true;
    if (record->value_length == 0) {
        return "empty name";
    }
    if (memchr(record->value, '\0', record->value_length) != NULL) {
        return "NUL byte in a name";
    }
    free(*raw);
    *raw = has_high_byte(record) ? xstrndup(record->value, record->value_length) : NULL;
    return NULL;
}

/* The name of a sparse file counts more than the path, which GNU tar makes up for readers that know no sparse files. */
static const char *read_sparse(const struct record *record, struct scan_group *group)
{
    const size_t prefix = strlen(sparse_prefix);
    bool seen = false;
    const char *wrong = sparse_read_record(&group->map, record->key + prefix, record->key_length - prefix,
                                           record->value, record->value_length);
    if (wrong != NULL || !key_is(record, "GNU.sparse.name")) {
        return wrong;
    }
    return read_name(record, &seen, &group->raw_path);
}

static const char *read_size(const struct record *record, struct scan_group *group)
{
    if (group->has_size) {
        return "two sizes for one entry";
    }
    if (record->value_length == 0 || record->value_length > 18) {
        return "size out of range";
    }
    group->has_size = true;
    return number_parse_decimal(record->value, record->value_length, &group->size) ? NULL : "size is not a number";
}

static bool is_plain_time(const struct record *record)
{
    size_t at = record->value_length > 0 && record->value[0] == '-' ? 1 : 0;
    size_t digits = 0;
    size_t points = 0;
    for (; at < record->value_length; at++) {
        digits += is_digit(record->value[at]);
        points += record->value[at] == '.';
    }
    size_t sign = record->value_length > 0 && record->value[0] == '-';
    return digits > 0 && digits <= 30 && points <= 1 && sign + digits + points == record->value_length;
}

static const char *read_record(const struct record *record, struct scan_group *group)
{
    if (key_is(record, "path")) {
        char *unused = NULL;
        const char *wrong = read_name(record, &group->path, group->map.has_name ? &unused : &group->raw_path);
        free(unused);
        return wrong;
    }
    if (key_is(record, "linkpath")) {
        return read_name(record, &group->link_path, &group->raw_link);
    }
    if (key_is(record, "size")) {
        return read_size(record, group);
    }
    if (key_begins(record, sparse_prefix)) {
        return read_sparse(record, group);
    }
    if ((key_is(record, "mtime") || key_is(record, "atime") || key_is(record, "ctime")) && !is_plain_time(record)) {
        group->odd_time = true;
    }
    return NULL;
}

const char *pax_read_local(const char *bytes, size_t length, struct scan_group *group)
{
    while (length > 0) {
        struct record record;
        size_t taken = take_record(bytes, length, &record);
        if (taken == 0) {
            return malformed;
        }
        const char *wrong = read_record(&record, group);
        if (wrong != NULL) {
            return wrong;
        }
        bytes += taken;
        length -= taken;
    }
    return NULL;
}

const char *pax_read_global(const char *bytes, size_t length)
{
    while (length > 0) {
        struct record record;
        size_t taken = take_record(bytes, length, &record);
        if (taken == 0) {
            return malformed;
        }
        if (key_is(&record, "path") || key_is(&record, "linkpath") || key_is(&record, "size") ||
            key_begins(&record, sparse_prefix)) {
            return "global header that names, links or sizes all entries";
        }
        bytes += taken;
        length -= taken;
    }
    return NULL;
}

const char *pax_check_long_name(const char *bytes, size_t length)
{
    size_t name = strnlen(bytes, length);
    if (name == 0) {
        return "empty name";
    }
    for (size_t i = name; i < length; i++) {
        if (bytes[i] != '\0') {
            return "NUL byte in a name";
        }
    }
    return NULL;
}
