/* SPDX-License-Identifier: BSD-2-Clause
 * columns: a table as text. */
#include "base/columns.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fit.h"
#include "base/mem.h"
#include "base/quote.h"

enum { BETWEEN = 2, DIGITS_LEAST = 7 };

/* What becomes of one column. */
struct shape {
    unsigned most; /* bytes that a text keeps, before it is cut; 0: all */
    unsigned width;
    bool left_out;
};

struct columns columns_of(const struct column *columns)
{
    struct columns table = {.column = columns};
    while (columns[table.count].title != NULL) {
        table.count++;
    }
    return table;
}

void columns_release(struct columns *table)
{
    strlist_release(&table->cells);
}

void columns_add(struct columns *table, const char *text)
{
    struct buf shown = {0};
    quote_escape(&shown, text != NULL ? text : "-");
    strlist_take(&table->cells, buf_take(&shown));
}

void columns_addf(struct columns *table, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = xstrdup("");
    }
    va_end(arguments);
    columns_add(table, text);
    free(text);
}

static size_t rows_of(const struct columns *table)
{
    return table->count > 0 ? table->cells.count / table->count : 0;
}

static const char *cell_of(const struct columns *table, size_t row, size_t column)
{
    return table->cells.item[row * table->count + column];
}

/* ---- how wide */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* So many that no two different texts of the column begin with the same: those that are neighbours when sorted. */
static unsigned digits_needed(const struct columns *table, size_t column)
{
    size_t rows = rows_of(table);
    size_t needed = DIGITS_LEAST;
    const char **texts = xreallocarray(NULL, rows + 1, sizeof(*texts));
    for (size_t i = 0; i < rows; i++) {
        texts[i] = cell_of(table, i, column);
    }
    qsort(texts, rows, sizeof(*texts), compare_texts);
    for (size_t i = 0; i + 1 < rows; i++) {
        size_t same = 0;
        while (texts[i][same] != '\0' && texts[i][same] == texts[i + 1][same]) {
            same++;
        }
        bool equal = texts[i][same] == '\0' && texts[i + 1][same] == '\0';
        needed = !equal && same + 1 > needed ? same + 1 : needed;
    }
    free(texts);
    return (unsigned)needed;
}

/* What is shortened are digits and times: their bytes are places. */
static unsigned places_shortened(const char *text, unsigned most)
{
    unsigned places = fit_places(text);
    return most > 0 && places > most ? most : places;
}

static void measure(const struct columns *table, size_t column, struct shape *shape)
{
    shape->width = fit_places(table->column[column].title);
    for (size_t row = 0; row < rows_of(table); row++) {
        unsigned places = places_shortened(cell_of(table, row, column), shape->most);
        shape->width = places > shape->width ? places : shape->width;
    }
}

/* All columns beside each other; with `cut` as narrow as they may be cut. */
static unsigned total(const struct columns *table, const struct shape *shapes, bool cut)
{
    unsigned sum = 0;
    for (size_t i = 0; i < table->count; i++) {
        unsigned least = table->column[i].least;
        unsigned width = cut && least > 0 && least < shapes[i].width ? least : shapes[i].width;
        sum += shapes[i].left_out ? 0 : width + (sum > 0 ? BETWEEN : 0);
    }
    return sum;
}

static void shorten(const struct columns *table, struct shape *shapes)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct column *column = &table->column[i];
        if (column->digits || column->brief > 0) {
            shapes[i].most = column->digits ? digits_needed(table, i) : column->brief;
            measure(table, i, &shapes[i]);
        }
    }
}

/* The next one in turn; false when there is none. */
static bool leave_one_out(const struct columns *table, struct shape *shapes)
{
    size_t next = table->count;
    for (size_t i = 0; i < table->count; i++) {
        unsigned rank = table->column[i].spared;
        if (rank > 0 && !shapes[i].left_out && (next == table->count || rank < table->column[next].spared)) {
            next = i;
        }
    }
    if (next < table->count) {
        shapes[next].left_out = true;
    }
    return next < table->count;
}

/* One place off the widest that may be cut; false when there is none. */
static bool narrow_one(const struct columns *table, struct shape *shapes)
{
    struct shape *widest = NULL;
    for (size_t i = 0; i < table->count; i++) {
        unsigned least = table->column[i].least;
        bool can = least > 0 && !shapes[i].left_out && shapes[i].width > least;
        widest = can && (widest == NULL || shapes[i].width > widest->width) ? &shapes[i] : widest;
    }
    if (widest != NULL) {
        widest->width--;
    }
    return widest != NULL;
}

static void fit(const struct columns *table, struct shape *shapes, unsigned width)
{
    if (width > 0 && total(table, shapes, false) > width) {
        shorten(table, shapes);
    }
    while (width > 0 && total(table, shapes, true) > width && leave_one_out(table, shapes)) {
    }
    while (width > 0 && total(table, shapes, false) > width && narrow_one(table, shapes)) {
    }
}

/* ---- lines */

static void add_cell(struct buf *line, const struct column *column, const struct shape *shape, const char *text,
                     bool is_title)
{
    auto_release(buf) struct buf kept = {0};
    auto_release(buf) struct buf shown = {0};
    buf_add(&kept, text, shape->most > 0 && !is_title ? strnlen(text, shape->most) : strlen(text));
    fit_cut(&shown, buf_text(&kept), shape->width, column->keep_end && strchr(text, '/') != NULL);
    unsigned room = shape->width - fit_places(buf_text(&shown));
    buf_addf(line, "%*s", column->right ? (int)room : 0, "");
    buf_add(line, buf_text(&shown), shown.length);
    buf_addf(line, "%*s", column->right ? 0 : (int)room, "");
}

/* `row` of the cells, or the titles; cut off at `width` when even the least that must stay is too wide. */
static void add_line(const struct columns *table, const struct shape *shapes, unsigned width, const char *const *row,
                     struct buf *text)
{
    auto_release(buf) struct buf line = {0};
    for (size_t i = 0; i < table->count; i++) {
        if (!shapes[i].left_out) {
            buf_addf(&line, "%*s", line.length > 0 ? BETWEEN : 0, "");
            add_cell(&line, &table->column[i], &shapes[i], row != NULL ? row[i] : table->column[i].title, row == NULL);
        }
    }
    size_t length = line.length;
    while (length > 0 && buf_text(&line)[length - 1] == ' ') {
        length--;
    }
    auto_free char *whole = xstrndup(buf_text(&line), length);
    fit_cut(text, whole, width > 0 ? width : fit_places(whole), false);
    buf_add_text(text, "\n");
}

void columns_text(const struct columns *table, unsigned width, struct buf *text)
{
    struct shape *shapes = xcalloc(table->count, sizeof(*shapes));
    for (size_t i = 0; i < table->count; i++) {
        measure(table, i, &shapes[i]);
        shapes[i].left_out = table->column[i].hidden;
    }
    fit(table, shapes, width);
    for (size_t row = 0; row < rows_of(table); row++) {
        if (row == 0) {
            add_line(table, shapes, width, NULL, text);
        }
        add_line(table, shapes, width, (const char *const *)&table->cells.item[row * table->count], text);
    }
    free(shapes);
}
