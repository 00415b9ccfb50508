/* SPDX-License-Identifier: BSD-2-Clause
 * rows: what an audit found: one row an attempt. */
#include "audit/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/doc.h"

enum { FIELDS = 7, LINE_MOST = 4096, ROWS_MOST = 4096 };

static void replace(char **to, const char *text)
{
    free(*to);
    *to = xstrdup(text);
}

struct row *rows_add(struct rows *rows, const char *wall, const char *name, const char *text)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? 64 : 2 * rows->capacity;
        rows->item = xreallocarray(rows->item, rows->capacity, sizeof(*rows->item));
    }
    struct row *row = &rows->item[rows->count++];
    *row = (struct row){.wall = xstrdup(wall),
                        .name = xstrdup(name),
                        .outcome = xstrdup(ROWS_NOT),
                        .mechanism = xstrdup(""),
                        .detail = xstrdup(""),
                        .text = xstrdup(text)};
    return row;
}

void row_set(struct row *row, const char *outcome, const char *mechanism, const char *detail)
{
    replace(&row->outcome, outcome);
    replace(&row->mechanism, mechanism);
    replace(&row->detail, detail);
}

const char *row_relation(const struct row *row)
{
    if (row->mechanism[0] == '\0') {
        return NULL;
    }
    if (strncmp(row->mechanism, ROWS_ASKED, strlen(ROWS_ASKED)) == 0) {
        return "asked_by";
    }
    return strcmp(row->outcome, ROWS_SHARED) == 0 ? "lessened_by" : "held_by";
}

struct row *rows_find(const struct rows *rows, const char *wall, const char *name)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->item[i].wall, wall) == 0 && strcmp(rows->item[i].name, name) == 0) {
            return &rows->item[i];
        }
    }
    return NULL;
}

size_t rows_count(const struct rows *rows, const char *outcome)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        count += strcmp(rows->item[i].outcome, outcome) == 0;
    }
    return count;
}

static bool is_outcome(const char *text)
{
    static const char *const outcomes[] = {ROWS_HELD, ROWS_OPEN, ROWS_SHARED, ROWS_NOT};
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
        if (strcmp(text, outcomes[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Splits at tabs, in place; false unless there are exactly so many fields. */
static bool split(char *line, char *fields[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = line;
        char *tab = strchr(line, '\t');
        if ((tab == NULL) != (i == FIELDS - 1)) {
            return false;
        }
        if (tab != NULL) {
            *tab = '\0';
            line = tab + 1;
        }
    }
    return true;
}

static int parse_line(struct rows *rows, char *line, struct err *err)
{
    char *fields[FIELDS];
    auto_free char *whole = xstrdup(line);
    if (!split(line, fields) || strcmp(fields[0], "row") != 0 || !is_outcome(fields[3]) || rows->count >= ROWS_MOST) {
        return err_set(err, ERR_INVALID, "the probe said something that is no row: '%.200s'", whole);
    }
    row_set(rows_add(rows, fields[1], fields[2], fields[6]), fields[3], fields[4], fields[5]);
    return 0;
}

int rows_parse(struct rows *rows, const char *bytes, size_t length, bool *ret_whole, struct err *err)
{
    bool whole = false;
    while (length > 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t line_length = end != NULL ? (size_t)(end - bytes) : length;
        if (whole || end == NULL || line_length > LINE_MOST) {
            break; /* a line that was cut short, where the probe was ended */
        }
        auto_free char *line = xstrndup(bytes, line_length);
        if (strcmp(line, "end") == 0) {
            whole = true;
        } else if (parse_line(rows, line, err) < 0) {
            return -1;
        }
        bytes += line_length + 1;
        length -= line_length + 1;
    }
    *ret_whole = whole;
    return 0;
}

struct doc *rows_doc(const struct rows *rows)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->item[i];
        struct doc *object = doc_object();
        doc_put_text(object, "wall", row->wall);
        doc_put_text(object, "name", row->name);
        doc_put_text(object, "attempt", row->text);
        doc_put_text(object, "outcome", row->outcome);
        const char *relation = row_relation(row);
        if (relation != NULL) {
            bool asked = strcmp(relation, "asked_by") == 0;
            doc_put_text(object, relation, row->mechanism + (asked ? strlen(ROWS_ASKED) : 0));
        }
        doc_put_text(object, "detail", row->detail);
        doc_append(array, object);
    }
    return array;
}

void rows_release(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->item[i];
        free(row->wall);
        free(row->name);
        free(row->outcome);
        free(row->mechanism);
        free(row->detail);
        free(row->text);
    }
    free(rows->item);
    *rows = (struct rows){0};
}
