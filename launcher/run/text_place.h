/* SPDX-License-Identifier: BSD-2-Clause
 *
 * text_place: where in a text a byte is, in the terms of who wrote it: the field of a table, the path in a JSON
 * document.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "run/tolerance.h"

struct text_place {
    char delimiter;         /* of a table, else 0 */
    bool is_headed;         /* the first line names the columns */
    struct buf header;      /* the names of its columns, cut where it is too long; "" when there are none */
    struct json_path *json; /* of a JSON document, else NULL */
};

/* What `name` ends in (.csv, .tsv, .vcf, .json ..., before .gz) tells the kind. */
void text_place_begin(struct text_place *place, const char *name);
/* A line that lies before the place, with its line end. All of them, in order. */
void text_place_pass(struct text_place *place, const struct line *line);
/* Appends ", field 2 (mass)" or ", at results[3].mass" for the byte `at` of the next line, or nothing. */
void text_place_say(struct text_place *place, const struct line *line, size_t at, struct buf *ret_text);
void text_place_release(struct text_place *place);
