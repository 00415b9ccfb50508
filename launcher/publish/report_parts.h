/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report_parts: what the sections of publish/report share: the page that is written, and its headings, tables and
 * folds.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "publish/report.h"
#include "publish/report_html.h"
#include "run/lineage.h"

/* Bytes of text from outside that are shown of one thing; what is longer is cut, and says by how much. */
enum { REPORT_NAME = 400, REPORT_WORDS = 4000, REPORT_TEXT = 8000 };
/* Bytes of the rows of one list. */
enum {
    REPORT_FILES = 250000, /* inputs and outputs together */
    REPORT_PROCESSES = 40000,
    REPORT_PACKAGES = 24000,
    REPORT_LIST = 12000,
};

struct report {
    struct buf page;
    const struct report_subject *subject;
    const struct cite *cite; /* of the subject, as the next */
    const struct catalog *catalog;
    const struct catalog_run *run; /* that of the catalog, else that of cite */
    struct lineage lineage;        /* of this run */
    unsigned tables;               /* for names within the page */
};

void report_add(struct report *report, const char *markup);
void report_addf(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The page up to its header, and from its footer on. `title` is text from outside. */
void report_page_begin(struct report *report, const char *title);
void report_page_end(struct report *report);

/* `id` and `title` are ours. */
void report_section_begin(struct report *report, const char *id, const char *title);
void report_section_end(struct report *report);

/* A table that scrolls inside itself. A head that begins with '#' is of numbers; `heads` ends in NULL and may be NULL.
 * All are ours. */
void report_table_begin(struct report *report, const char *kind, const char *caption, const char *const *heads);
void report_table_end(struct report *report);
/* A row of two: a name that is ours, then whatever is added before the end. */
void report_row_begin(struct report *report, const char *name);
void report_row_end(struct report *report);
void report_row_text(struct report *report, const char *name, const char *text); /* none when `text` is NULL or "" */
void report_row_code(struct report *report, const char *name, const char *text);
void report_row_digest(struct report *report, const char *name, const struct digest *digest);
/* Each member of an object: its key, with blanks for '_', and what it holds; objects in it too. */
void report_rows_of(struct report *report, const char *prefix, const struct doc *object);

/* Whether a list that began at `begin` may get another row. */
bool report_has_room(const struct report *report, size_t begin, size_t most);

/* "1 file", "1,000 files". */
void report_number_of(struct report *report, uint64_t number, const char *one, const char *many);
