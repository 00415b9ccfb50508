/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sweep: a table of values, one row a task of an array of jobs, and the `{name}` in words that are filled from a row.
 *
 * The table is CSV as RFC 4180 has it, strictly: the first record names the columns, every other one has as many
 * fields, a quote stands only around a whole field. Lines end in CR LF or LF; a byte order mark is passed over. What a
 * spreadsheet would guess at is refused with the line that it is in: a task that runs with the value of another column
 * is worse than one that does not run.
 *
 * In a word `{name}` is replaced by the cell and `{{` by one brace; `}` needs no care. A cell is never looked at again,
 * neither for braces nor by a shell: whatever it holds becomes a part of one word.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

enum {
    SWEEP_MOST = 64 * 1024 * 1024, /* bytes of a table */
    SWEEP_ROWS = 4000000,          /* as many tasks as Slurm can give an array at most (MaxArraySize, slurm.conf(5)) */
    SWEEP_COLUMNS = 1000,
};

/* The name that is there without a table: the number of the task. A column of that name goes before it. */
#define SWEEP_TASK "task"

struct sweep {
    struct strlist columns;
    size_t rows;
    struct buf text; /* the cells, each ending in a NUL */
    size_t *cell;    /* where in the text each begins, row by row */
    size_t *line;    /* of the file, that each row begins in: for messages */
};

/* `name` is for messages. ERR_INVALID "NAME:LINE: ...". */
int sweep_parse(struct sweep *sweep, const char *name, const char *bytes, size_t length, struct err *err);
void sweep_release(struct sweep *sweep);
/* Of row 1 to `rows`; borrowed. */
const char *sweep_cell(const struct sweep *sweep, size_t row, size_t column);

/* Whether every `{name}` of the words is a column of the sweep (NULL: none) or SWEEP_TASK; ERR_USAGE, with what there
 * is and how a brace is written, when one is not. */
int sweep_check(const struct sweep *sweep, const struct strlist *words, struct err *err);
/* Appends the words, filled from the row that belongs to the task of this number (without a sweep it need not exist).
 * For words that sweep_check() accepted. */
void sweep_fill(const struct sweep *sweep, uint64_t task, const struct strlist *words, struct strlist *ret_filled);
