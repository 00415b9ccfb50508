/* SPDX-License-Identifier: BSD-2-Clause
 * report_parts: the page that is written, and its headings, tables and folds. */
#include "publish/report_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "publish/report_style.h"

void report_add(struct report *report, const char *markup)
{
    buf_add_text(&report->page, markup);
}

void report_addf(struct report *report, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length > 0) {
        buf_add(&report->page, text, (size_t)length);
    }
    if (length >= 0) {
        free(text);
    }
}

void report_page_begin(struct report *report, const char *title)
{
    report_add(report, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                       "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"referrer\" content=\"no-referrer\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<meta name=\"generator\" content=\"sciwrap " SCIWRAP_VERSION "\">\n<title>");
    html_text(&report->page, title);
    report_add(report, "</title>\n");
    report_style(&report->page);
    report_add(report, "</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the contents</a>\n");
}

void report_page_end(struct report *report)
{
    report_add(report, "</main>\n<footer>\n<p>Written by sciwrap " SCIWRAP_VERSION
                       " from the record alone. This page loads nothing from elsewhere and has no script. A digest is "
                       "the SHA-256 of all bytes; times are UTC; 1 kB is 1,000 bytes. Characters that cannot be shown "
                       "or that would mislead are written as <code>\\xNN</code> or <code>\\u{NNNN}</code>.</p>\n"
                       "</footer>\n</body>\n</html>\n");
}

void report_section_begin(struct report *report, const char *id, const char *title)
{
    report_addf(report, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n", id, id, id,
                title);
}

void report_section_end(struct report *report)
{
    report_add(report, "</section>\n");
}

void report_table_begin(struct report *report, const char *kind, const char *caption, const char *const *heads)
{
    unsigned number = ++report->tables;
    report_addf(report,
                "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-%u\">\n"
                "<table class=\"%s\">\n<caption id=\"table-%u\">%s</caption>\n",
                number, kind, number, caption);
    if (heads != NULL) {
        report_add(report, "<thead><tr>");
        for (; *heads != NULL; heads++) {
            bool number_head = **heads == '#';
            report_addf(report, "<th scope=\"col\"%s>%s</th>", number_head ? " class=\"n\"" : "",
                        *heads + (number_head ? 1 : 0));
        }
        report_add(report, "</tr></thead>\n");
    }
    report_add(report, "<tbody>\n");
}

void report_table_end(struct report *report)
{
    report_add(report, "</tbody>\n</table>\n</div>\n");
}

void report_row_begin(struct report *report, const char *name)
{
    report_addf(report, "<tr><th scope=\"row\">%s</th><td>", name);
}

void report_row_end(struct report *report)
{
    report_add(report, "</td></tr>\n");
}

void report_row_text(struct report *report, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        report_row_begin(report, name);
        html_text_most(&report->page, text, REPORT_WORDS);
        report_row_end(report);
    }
}

void report_row_code(struct report *report, const char *name, const char *text)
{
    if (text != NULL) {
        report_row_begin(report, name);
        html_code(&report->page, text, REPORT_WORDS);
        report_row_end(report);
    }
}

void report_row_digest(struct report *report, const char *name, const struct digest *digest)
{
    report_row_begin(report, name);
    html_digest(&report->page, digest);
    report_row_end(report);
}

static void row_of(struct report *report, const char *name, const struct doc *value)
{
    auto_free char *bytes = doc_text(value);
    auto_free char *words = bytes == NULL ? doc_describe(value) : NULL;
    const char *text = bytes != NULL ? bytes : words;
    if (text != NULL && text[0] != '\0') {
        report_add(report, "<tr><th scope=\"row\">");
        html_text_most(&report->page, name, REPORT_NAME);
        report_add(report, "</th><td>");
        html_text_most(&report->page, text, REPORT_NAME);
        report_row_end(report);
    }
}

/* The depth is bounded by hand: a manifest from elsewhere can be as deep as it likes. */
static void rows_of(struct report *report, const char *prefix, const struct doc *object, int depth, size_t begin)
{
    enum { DEEPEST = 4 };
    struct strlist keys = {0};
    doc_keys(object, &keys);
    for (size_t i = 0; i < keys.count && report_has_room(report, begin, REPORT_LIST); i++) {
        const struct doc *value = doc_get(object, keys.item[i]);
        auto_free char *name = xasprintf("%s%s%s", prefix, prefix[0] != '\0' ? " " : "", keys.item[i]);
        for (char *at = name; *at != '\0'; at++) {
            *at = *at == '_' ? ' ' : *at;
        }
        if (doc_is_object(value) && doc_get(value, "base64") == NULL && depth < DEEPEST) {
            rows_of(report, name, value, depth + 1, begin);
        } else {
            row_of(report, name, value);
        }
    }
    strlist_release(&keys);
}

void report_rows_of(struct report *report, const char *prefix, const struct doc *object)
{
    rows_of(report, prefix, object, 0, report->page.length);
}

bool report_has_room(const struct report *report, size_t begin, size_t most)
{
    return report->page.length - begin < most;
}

void report_number_of(struct report *report, uint64_t number, const char *one, const char *many)
{
    html_count(&report->page, number);
    report_addf(report, " %s", number == 1 ? one : many);
}
