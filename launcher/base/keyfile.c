/* SPDX-License-Identifier: BSD-2-Clause
 * keyfile: the text of an .ini file as checked entries. The only file that includes inih. */
#include "base/keyfile.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/told.h"

struct parse {
    struct keyfile *file;
    const char *bytes;
    size_t length;
    size_t offset;
    int line; /* of the line handed to inih last: its handler is not told (INI_HANDLER_LINENO is 0 in packages) */
};

int keyfile_complain(const struct keyfile *file, int line, struct err *err, const char *format, ...)
{
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    told_note(format, text);
    return err_set(err, ERR_INVALID, "%s:%d: %s", file->name, line, text);
}

/* Everything that inih would accept or repair in silence, seen line by line before it gets the text. */
static int check_line(const struct keyfile *file, int number, const char *line, size_t length, struct err *err)
{
    if (length > KEYFILE_LINE) {
        return keyfile_complain(file, number, err, "line of %zu bytes; %d is the longest that is read whole", length,
                                (int)KEYFILE_LINE);
    }
    if (memchr(line, '\0', length) != NULL) {
        return keyfile_complain(file, number, err, "NUL byte");
    }
    if (!text_is_utf8(line, length)) {
        return keyfile_complain(file, number, err, "not UTF-8 text");
    }
    size_t blank = 0;
    while (blank < length && (line[blank] == ' ' || line[blank] == '\t' || line[blank] == '\r')) {
        blank++;
    }
    bool empty = blank == length || line[blank] == ';' || line[blank] == '#';
    if (!empty && blank > 0) {
        return keyfile_complain(file, number, err,
                                "a line that begins with a blank; write each key at the start of "
                                "its line");
    }
    return 0;
}

static int check_lines(const struct keyfile *file, const char *bytes, size_t length, struct err *err)
{
    int number = 1;
    for (size_t at = 0; at < length; number++) {
        const char *end = memchr(bytes + at, '\n', length - at);
        size_t line_length = end != NULL ? (size_t)(end - (bytes + at)) : length - at;
        if (check_line(file, number, bytes + at, line_length, err) < 0) {
            return -1;
        }
        at += line_length + 1;
    }
    return 0;
}

/* inih's reader: one line with its end, as fgets gives it. */
static char *next_line(char *to, int size, void *stream)
{
    struct parse *parse = stream;
    if (parse->offset >= parse->length || size < 2) {
        return NULL;
    }
    const char *start = parse->bytes + parse->offset;
    size_t left = parse->length - parse->offset;
    const char *end = memchr(start, '\n', left);
    size_t take = end != NULL ? (size_t)(end - start) + 1 : left;
    if (take > (size_t)size - 1) {
        take = (size_t)size - 1;
    }
    memcpy(to, start, take);
    to[take] = '\0';
    parse->offset += take;
    parse->line++;
    return to;
}

static int take_entry(void *user, const char *section, const char *key, const char *value)
{
    struct parse *parse = user;
    struct keyfile *file = parse->file;
    if (section[0] == '\0' || key == NULL || value == NULL) {
        return 0; /* inih reports the line of the first refusal */
    }
    if (file->count == file->capacity) {
        file->capacity = file->capacity < 16 ? 16 : file->capacity * 2;
        file->entry = xreallocarray(file->entry, file->capacity, sizeof(*file->entry));
    }
    file->entry[file->count++] = (struct keyfile_entry){
        .section = xstrdup(section), .key = xstrdup(key), .value = xstrdup(value), .line = parse->line};
    return 1;
}

int keyfile_parse(struct keyfile *file, const char *name, const char *bytes, size_t length, struct err *err)
{
    *file = (struct keyfile){.name = xstrdup(name)};
    struct parse parse = {.file = file, .bytes = bytes, .length = length};
    int bad = 0;
    int result = check_lines(file, bytes, length, err);
    if (result == 0) {
        bad = ini_parse_stream(next_line, &parse, take_entry, &parse);
    }
    if (bad != 0) {
        result =
            keyfile_complain(file, bad > 0 ? bad : 1, err, "neither '[section]' nor 'key = value' within a section");
    }
    if (result < 0) {
        keyfile_release(file);
    }
    return result;
}

int keyfile_load(struct keyfile *file, const char *path, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (fs_read_path(path, KEYFILE_BYTES, &text, err) < 0) {
        return -1;
    }
    return keyfile_parse(file, path, buf_text(&text), text.length, err);
}

void keyfile_release(struct keyfile *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->entry[i].section);
        free(file->entry[i].key);
        free(file->entry[i].value);
    }
    free(file->entry);
    free(file->name);
    *file = (struct keyfile){0};
}
