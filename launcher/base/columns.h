/* SPDX-License-Identifier: BSD-2-Clause
 *
 * columns: a table as text. Where it is too wide for a terminal, what can be shortened is, then columns that can be
 * spared are left out, then what can be cut is cut. Elsewhere every text is whole.
 *
 *     static const struct column columns[] = {{.title = "ID", .digits = true}, {.title = "COMMAND", .least = 16}, {0}};
 *     auto_release(columns) struct columns table = columns_of(columns);
 *     columns_add(&table, id); columns_add(&table, words); ... row by row, every cell
 *     columns_text(&table, fit_width(STDOUT_FILENO), &text);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strlist.h"

struct column {
    const char *title;
    unsigned brief;  /* shortened to as many places: the rest is exactness, as seconds in a time; 0: not */
    unsigned spared; /* what is left out first has 1; 0: none of it is left out */
    unsigned least;  /* places that stay when it is cut; 0: it is not cut */
    bool right;      /* its texts end at one place: numbers */
    bool digits;     /* identifiers: shortened to as many digits as tell them apart, 7 at least */
    bool hidden;     /* left out in any case */
    bool keep_end;   /* what is cut and has a '/' loses its beginning */
};

struct columns {
    const struct column *column; /* borrowed; ends in {NULL} */
    size_t count;
    struct strlist cells; /* escaped */
};

struct columns columns_of(const struct column *columns);
/* The next cell: any text, escaped here; NULL stands for "-". */
void columns_add(struct columns *table, const char *text);
void columns_addf(struct columns *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends the titles and all rows, in lines of at most `width` places (0: however wide); nothing when there is no row.
 */
void columns_text(const struct columns *table, unsigned width, struct buf *text);
void columns_release(struct columns *table);
