/* SPDX-License-Identifier: BSD-2-Clause
 * store_file: the list of what is in an exported environment, and the headers of its members. */
#include "supply/store_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "supply/tar_header.h"

static const char first_line[] = STORE_FILE_LIST " 1\n";

void store_file_add(struct store_file *file, const struct digest *digest, uint64_t size)
{
    file->blob = xreallocarray(file->blob, file->count + 1, sizeof(*file->blob));
    file->blob[file->count++] = (struct store_file_member){.digest = *digest, .size = size};
}

static void add_member(struct buf *text, const char *key, const struct store_file_member *member)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&member->digest, hex);
    buf_addf(text, "%s %s %llu\n", key, hex, (unsigned long long)member->size);
}

void store_file_format(const struct store_file *file, struct buf *text)
{
    buf_addf(text, "%sname %s\n", first_line, file->name);
    add_member(text, "definition", &file->definition);
    for (size_t i = 0; i < file->count; i++) {
        add_member(text, "blob", &file->blob[i]);
    }
}

/* Takes "KEY VALUE\n" at *at; caller frees. NULL when it is not there. */
static char *take(const char **at, const char *key)
{
    size_t length = strlen(key);
    const char *end = strchr(*at, '\n');
    if (end == NULL || strncmp(*at, key, length) != 0 || (*at)[length] != ' ') {
        return NULL;
    }
    const char *value = *at + length + 1;
    *at = end + 1;
    return xstrndup(value, (size_t)(end - value));
}

static bool take_member(const char **at, const char *key, struct store_file_member *ret_member)
{
    auto_free char *value = take(at, key);
    if (value == NULL || strlen(value) < DIGEST_HEX + 2 || value[DIGEST_HEX] != ' ') {
        return false;
    }
    value[DIGEST_HEX] = '\0';
    return digest_from_hex(value, &ret_member->digest) &&
           text_to_u64(value + DIGEST_HEX + 1, 0, INT64_MAX, &ret_member->size);
}

static bool parse(struct store_file *file, const char *text)
{
    const char *at = text;
    if (strncmp(at, first_line, strlen(first_line)) != 0) {
        return false;
    }
    at += strlen(first_line);
    file->name = take(&at, "name");
    if (file->name == NULL || !path_is_name(file->name) || !take_member(&at, "definition", &file->definition) ||
        file->definition.size > STORE_FILE_DEFINITION_MOST) {
        return false;
    }
    while (*at != '\0') {
        struct store_file_member member;
        if (file->count == STORE_FILE_BLOBS_MOST || !take_member(&at, "blob", &member)) {
            return false;
        }
        store_file_add(file, &member.digest, member.size);
    }
    return file->count > 0;
}

int store_file_parse(struct store_file *ret_file, const char *text, size_t length, struct err *err)
{
    struct store_file file = {0};
    auto_release(buf) struct buf again = {0};
    bool good = strlen(text) == length && parse(&file, text);
    if (good) {
        store_file_format(&file, &again); /* one spelling only: numbers without zeros before them, and so on */
        good = again.length == length && memcmp(again.bytes, text, length) == 0;
    }
    if (!good) {
        store_file_release(&file);
        return err_set(err, ERR_INVALID, "its list of contents is not one that 'sciwrap store export' writes");
    }
    *ret_file = file;
    return 0;
}

void store_file_release(struct store_file *file)
{
    free(file->name);
    free(file->blob);
    *file = (struct store_file){0};
}

int store_file_header(const char *path, uint64_t size, struct buf *blocks, struct err *err)
{
    struct tar_entry entry = {.path = path, .type = '0', .mode = 0644, .size = size, .link = ""};
    return tar_header_add(blocks, &entry, err);
}
