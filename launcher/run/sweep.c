/* SPDX-License-Identifier: BSD-2-Clause
 * sweep: a table of values, one row a task (RFC 4180). */
#include "run/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

/* Where the text is read. */
struct csv {
    const char *name;
    const char *at;
    const char *end;
    size_t line;
    struct err *err;
};

static int complain(const struct csv *csv, size_t line, const char *problem)
{
    return err_set(csv->err, ERR_INVALID, "%s:%zu: %s", csv->name, line, problem);
}

static bool at_line_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' ||
           (*csv->at == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n');
}

static void pass_line_end(struct csv *csv)
{
    csv->at += csv->at < csv->end && *csv->at == '\r';
    csv->at += csv->at < csv->end;
    csv->line++;
}

static int read_plain(struct csv *csv, struct buf *cell)
{
    for (; !at_line_end(csv) && *csv->at != ','; csv->at++) {
        if (*csv->at == '"') {
            return complain(csv, csv->line,
                            "a quote within a field: put the whole field in quotes, and write \"\" for a quote in it");
        }
        if (*csv->at == '\r') {
            return complain(csv, csv->line, "a carriage return without a line feed; lines end in LF or CR LF");
        }
        if (*csv->at == '\0') {
            return complain(csv, csv->line, "a NUL byte; is the file UTF-16? save it as UTF-8");
        }
        buf_add(cell, csv->at, 1);
    }
    return 0;
}

static int read_quoted(struct csv *csv, struct buf *cell)
{
    size_t opened = csv->line;
    for (csv->at++; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
            csv->at++;
            return at_line_end(csv) || *csv->at == ','
                       ? 0
                       : complain(csv, csv->line,
                                  "text after the closing quote of a field; write \"\" for a quote in it");
        }
        if (*csv->at == '\0') {
            return complain(csv, csv->line, "a NUL byte");
        }
        csv->at += *csv->at == '"';
        csv->line += *csv->at == '\n';
        buf_add(cell, csv->at, 1);
    }
    return complain(csv, opened, "the quote that begins a field is never closed");
}

/* One record; its cells are appended to the text, their places to `cells` (of `capacity`, which grows). */
static int read_record(struct csv *csv, struct buf *text, size_t **cells, size_t *count, size_t *capacity)
{
    for (size_t fields = 1;; fields++) {
        if (fields > SWEEP_COLUMNS) {
            return complain(csv, csv->line, "more than 1000 fields");
        }
        if (*count == *capacity) {
            *capacity = *capacity == 0 ? 64 : *capacity * 2;
            *cells = xreallocarray(*cells, *capacity, sizeof(**cells));
        }
        (*cells)[(*count)++] = text->length;
        bool quoted = csv->at < csv->end && *csv->at == '"';
        if ((quoted ? read_quoted(csv, text) : read_plain(csv, text)) < 0) {
            return -1;
        }
        buf_add(text, "", 1);
        if (at_line_end(csv)) {
            pass_line_end(csv);
            return 0;
        }
        csv->at++; /* the comma */
    }
}

/* What can stand between braces and be told apart by a person. */
static const char *wrong_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0) {
        return "a column without a name";
    }
    if (name[0] == ' ' || name[0] == '\t' || name[length - 1] == ' ' || name[length - 1] == '\t') {
        return "a blank at an end of the name of a column";
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '{' || *at == '}' || (unsigned char)*at < ' ' || *at == 0x7f) {
            return "a brace or control character in the name of a column";
        }
    }
    return text_is_utf8(name, length) ? NULL : "the name of a column is not UTF-8";
}

static int take_header(struct sweep *sweep, const struct csv *csv, const struct buf *text, const size_t *cells,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = text->bytes + cells[i];
        const char *wrong = wrong_name(name);
        if (wrong != NULL) {
            return complain(csv, 1, wrong);
        }
        if (strlist_has(&sweep->columns, name)) {
            return err_set(csv->err, ERR_INVALID, "%s:1: two columns have the name '%s'", csv->name, name);
        }
        strlist_add(&sweep->columns, name);
    }
    return 0;
}

static int read_header(struct sweep *sweep, struct csv *csv)
{
    auto_release(buf) struct buf text = {0};
    auto_free size_t *cells = NULL;
    size_t count = 0;
    size_t capacity = 0;
    if (csv->at == csv->end) {
        return err_set(csv->err, ERR_INVALID, "%s: the table is empty; its first line names the columns", csv->name);
    }
    if (at_line_end(csv)) {
        return complain(csv, 1, "the first line is empty; it names the columns");
    }
    return read_record(csv, &text, &cells, &count, &capacity) < 0 ? -1 : take_header(sweep, csv, &text, cells, count);
}

static int read_rows(struct sweep *sweep, struct csv *csv)
{
    size_t count = 0;
    size_t capacity = 0;
    size_t lines = 0;
    size_t width = sweep->columns.count;
    while (csv->at < csv->end) {
        size_t line = csv->line;
        if (at_line_end(csv)) {
            return complain(csv, line, "an empty line; a row with one empty field is written \"\"");
        }
        if (sweep->rows == SWEEP_ROWS) {
            return complain(csv, line, "more than 4000000 rows");
        }
        if (sweep->rows == lines) {
            lines = lines == 0 ? 64 : lines * 2;
            sweep->line = xreallocarray(sweep->line, lines, sizeof(*sweep->line));
        }
        if (read_record(csv, &sweep->text, &sweep->cell, &count, &capacity) < 0) {
            return -1;
        }
        size_t fields = count - sweep->rows * width;
        if (fields != width) {
            return err_set(csv->err, ERR_INVALID, "%s:%zu: %zu %s, but the first line names %zu %s", csv->name, line,
                           fields, fields == 1 ? "field" : "fields", width, width == 1 ? "column" : "columns");
        }
        sweep->line[sweep->rows++] = line;
    }
    if (sweep->rows == 0) {
        return err_set(csv->err, ERR_INVALID, "%s: no row follows the names of the columns", csv->name);
    }
    return 0;
}

int sweep_parse(struct sweep *sweep, const char *name, const char *bytes, size_t length, struct err *err)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, as spreadsheets write it */
    struct csv csv = {.name = name, .at = bytes, .end = bytes + length, .line = 1, .err = err};
    if (length >= strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0) {
        csv.at += strlen(mark);
    }
    if (read_header(sweep, &csv) < 0 || read_rows(sweep, &csv) < 0) {
        sweep_release(sweep);
        return -1;
    }
    return 0;
}

const char *sweep_cell(const struct sweep *sweep, size_t row, size_t column)
{
    return sweep->text.bytes + sweep->cell[(row - 1) * sweep->columns.count + column];
}

void sweep_release(struct sweep *sweep)
{
    strlist_release(&sweep->columns);
    buf_release(&sweep->text);
    free(sweep->cell);
    free(sweep->line);
    *sweep = (struct sweep){0};
}
