/* SPDX-License-Identifier: BSD-2-Clause
 * text_place: where in a text a byte is, in the terms of who wrote it. JSON: RFC 8259; CSV: RFC 4180. */
#include "run/text_place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* A path that is deeper or a key that is longer would not be read by anybody either. */
enum { DEEPEST = 24, KEY_MOST = 48, HEADER_MOST = 4096 };

/* Of the endings of tables with tabs the first two: files with a line of names at the top. */
enum { HEADED = 2 };

struct json_level {
    bool is_array;
    bool wants_key;
    uint64_t index;
    char key[KEY_MOST];
};

struct json_path {
    struct json_level level[DEEPEST];
    size_t depth; /* may be greater than DEEPEST */
    bool in_string, escaped;
    char text[KEY_MOST];
    size_t text_length;
};

static bool ends(const char *name, size_t length, const char *with)
{
    size_t most = strlen(with);
    return length > most && strncmp(name + length - most, with, most) == 0;
}

void text_place_begin(struct text_place *place, const char *name)
{
    static const char *const tabbed[] = {".tsv", ".tab", ".vcf", ".bed", ".gff", ".gff3", ".gtf", ".sam"};
    static const char *const documents[] = {".json", ".geojson", ".ipynb"};
    size_t length = strlen(name);
    length -= ends(name, length, ".gz") ? 3 : 0;
    if (ends(name, length, ".csv")) {
        place->delimiter = ',';
        place->is_headed = true;
    }
    for (size_t i = 0; i < sizeof(tabbed) / sizeof(*tabbed); i++) {
        if (ends(name, length, tabbed[i])) {
            place->delimiter = '\t';
            place->is_headed = i < HEADED;
        }
    }
    for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
        if (ends(name, length, documents[i])) {
            place->json = xcalloc(1, sizeof(*place->json));
        }
    }
}

void text_place_release(struct text_place *place)
{
    buf_release(&place->header);
    free(place->json);
    *place = (struct text_place){0};
}

/* ---- tables */

static bool has(const struct line *line, char c)
{
    return memchr(line->text, c, line->length) != NULL;
}

/* The first line, or the last one that begins with a single '#' before the table (VCF). */
static void pass_header(struct text_place *place, const struct line *line)
{
    bool is_comment = line->length > 1 && line->text[0] == '#';
    bool is_header = is_comment ? line->text[1] != '#' : place->is_headed && place->header.length == 0;
    if (place->delimiter == ',' && is_header && !has(line, ',') && has(line, ';')) {
        place->delimiter = ';'; /* where ',' is the decimal point */
    }
    if (is_header && has(line, place->delimiter)) {
        buf_clear(&place->header);
        buf_add(&place->header, line->text, line->length < HEADER_MOST ? line->length : HEADER_MOST);
    }
}

/* The field that byte `at` is in, from 0; delimiters within quotation marks do not count. */
static size_t field_at(const char *text, size_t at, char delimiter)
{
    size_t field = 0;
    bool quoted = false;
    for (size_t i = 0; i < at; i++) {
        quoted ^= text[i] == '"';
        field += text[i] == delimiter && !quoted;
    }
    return field;
}

static void say_field(struct text_place *place, const struct line *line, size_t at, struct buf *ret_text)
{
    if (place->header.length == 0) {
        pass_header(place, line); /* for the delimiter */
        buf_clear(&place->header);
    }
    size_t field = field_at(line->text, at, place->delimiter);
    buf_addf(ret_text, ", field %zu", field + 1);
    const char *header = buf_text(&place->header);
    size_t start = 0;
    while (start < place->header.length && field_at(header, start, place->delimiter) < field) {
        start++;
    }
    size_t end = start;
    while (end < place->header.length && field_at(header, end + 1, place->delimiter) == field && header[end] != '\n' &&
           header[end] != '\r') {
        end++;
    }
    /* A table without a line of names begins with numbers. */
    if (end > start && strchr("0123456789.+-", header[start]) == NULL) {
        char name[80];
        text_escape(name, sizeof(name), header + start, end - start);
        buf_addf(ret_text, " (%s)", name);
    }
}

/* ---- JSON */

static struct json_level *top(struct json_path *path)
{
    return path->depth > 0 && path->depth <= DEEPEST ? &path->level[path->depth - 1] : NULL;
}

static void end_string(struct json_path *path)
{
    struct json_level *level = top(path);
    path->in_string = false;
    if (level != NULL && level->wants_key) {
        memcpy(level->key, path->text, path->text_length);
        level->key[path->text_length] = '\0';
    }
}

static void pass_string(struct json_path *path, char c)
{
    if (!path->escaped && c == '"') {
        end_string(path);
        return;
    }
    path->escaped = !path->escaped && c == '\\';
    if (path->text_length + 1 < sizeof(path->text)) {
        path->text[path->text_length++] = c;
    }
}

static void push(struct json_path *path, bool is_array)
{
    if (path->depth < DEEPEST) {
        path->level[path->depth] = (struct json_level){.is_array = is_array, .wants_key = !is_array};
    }
    path->depth++;
}

static void pass_json(struct json_path *path, char c)
{
    struct json_level *level = top(path);
    if (path->in_string) {
        pass_string(path, c);
    } else if (c == '"') {
        path->in_string = true;
        path->escaped = false;
        path->text_length = 0;
    } else if (c == '{' || c == '[') {
        push(path, c == '[');
    } else if (c == '}' || c == ']') {
        path->depth -= path->depth > 0;
    } else if (c == ',' && level != NULL) {
        level->index++;
        level->wants_key = !level->is_array;
    } else if (c == ':' && level != NULL) {
        level->wants_key = false;
    }
}

static void say_json(const struct json_path *path, struct buf *ret_text)
{
    const char *between = ", at ";
    for (size_t i = 0; i < path->depth && i < DEEPEST; i++) {
        const struct json_level *level = &path->level[i];
        if (level->is_array) {
            buf_addf(ret_text, "%s[%" PRIu64 "]", i == 0 ? between : "", level->index);
        } else if (level->key[0] != '\0') {
            char key[KEY_MOST * 4];
            text_escape(key, sizeof(key), level->key, strlen(level->key));
            buf_addf(ret_text, "%s%s", between, key);
        }
        between = ".";
    }
    buf_add_text(ret_text, path->depth > DEEPEST ? "..." : "");
}

void text_place_pass(struct text_place *place, const struct line *line)
{
    if (place->delimiter != 0) {
        pass_header(place, line);
    }
    for (size_t i = 0; place->json != NULL && i < line->length; i++) {
        pass_json(place->json, line->text[i]);
    }
}

void text_place_say(struct text_place *place, const struct line *line, size_t at, struct buf *ret_text)
{
    if (place->delimiter != 0) {
        say_field(place, line, at, ret_text);
    }
    if (place->json != NULL) {
        for (size_t i = 0; i < at && i < line->length; i++) {
            pass_json(place->json, line->text[i]);
        }
        say_json(place->json, ret_text);
    }
}
