/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rows: what an audit found: one row an attempt, as the probe says it (probe/probe.c) and as is seen from outside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct doc;

#define ROWS_HELD   "held"
#define ROWS_OPEN   "open"
#define ROWS_SHARED "shared"
#define ROWS_NOT    "not tried"

struct row {
    char *wall; /* "processes" */
    char *name; /* "signal" */
    char *outcome;
    char *mechanism; /* what stopped it, or lessens it; "" when nothing did */
    char *detail;
    char *text; /* the attempt, for people */
};

struct rows {
    struct row *item;
    size_t count;
    size_t capacity;
};

/* The row that is to be written; borrowed until the next one is added. Texts are copied. */
struct row *rows_add(struct rows *rows, const char *wall, const char *name, const char *text);
void row_set(struct row *row, const char *outcome, const char *mechanism, const char *detail);
/* What the mechanism of the row means: "held_by", "lessened_by" or "asked_by"; NULL when it has none. */
const char *row_relation(const struct row *row);
/* What follows ROWS_ASKED is the option that opens a wall on purpose. */
#define ROWS_ASKED "asked for: "
/* NULL when there is none. */
struct row *rows_find(const struct rows *rows, const char *wall, const char *name);
size_t rows_count(const struct rows *rows, const char *outcome);
/* Lines of the probe; *ret_whole tells whether it came to its end. ERR_INVALID for a line that is none of its. */
int rows_parse(struct rows *rows, const char *bytes, size_t length, bool *ret_whole, struct err *err);
/* An array of objects; the caller owns it. */
struct doc *rows_doc(const struct rows *rows);
void rows_release(struct rows *rows);
