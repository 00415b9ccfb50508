/* SPDX-License-Identifier: BSD-2-Clause
 * tell: lines for people on standard output. */
#include "commands/tell.h"

#include <stdio.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fit.h"
#include "base/mem.h"
#include "base/quote.h"

enum { KEY = 13, ITEM = 4 };

static unsigned width_here(void)
{
    return fit_width(STDOUT_FILENO);
}

void tell_table(const struct columns *table)
{
    auto_release(buf) struct buf text = {0};
    columns_text(table, width_here(), &text);
    fputs(buf_text(&text), stdout);
}

void tell_rest(unsigned indent, const char *text)
{
    auto_release(buf) struct buf shown = {0};
    auto_release(buf) struct buf line = {0};
    quote_escape(&shown, text);
    fit_text(&line, width_here(), indent, buf_text(&shown));
    puts(buf_text(&line));
}

void tell_field(const char *key, const char *text)
{
    if (text != NULL) {
        printf("%-*s", KEY, key);
        tell_rest(KEY, text);
    }
}

void tell_command(const char *key, const struct strlist *words)
{
    auto_release(strlist) struct strlist quoted = {0};
    auto_release(buf) struct buf line = {0};
    for (size_t i = 0; i < words->count; i++) {
        auto_release(buf) struct buf word = {0};
        struct buf shown = {0};
        quote_word(&word, words->item[i]);
        quote_escape(&shown, buf_text(&word));
        strlist_take(&quoted, buf_take(&shown));
    }
    fit_words(&line, width_here(), KEY, &quoted, " \\");
    printf("%-*s%s\n", KEY, key, buf_text(&line));
}

void tell_item(const char *kind, const char *text)
{
    auto_free char *whole = xasprintf("%s: %s", kind, text);
    fputs("  ", stdout);
    tell_rest(ITEM, whole);
}

void tell_line(const char *text)
{
    auto_release(buf) struct buf shown = {0};
    auto_release(buf) struct buf line = {0};
    quote_escape(&shown, text);
    unsigned width = width_here();
    fit_cut(&line, buf_text(&shown), width > 0 ? width : fit_places(buf_text(&shown)), false);
    printf("%s\n", buf_text(&line));
}

void tell_path(const char *before, const char *path, const char *after)
{
    enum { LEAST = 16 };
    unsigned width = width_here();
    auto_release(buf) struct buf first = {0};
    auto_release(buf) struct buf middle = {0};
    auto_release(buf) struct buf last = {0};
    auto_release(buf) struct buf shown = {0};
    quote_escape(&first, before);
    quote_escape(&middle, path);
    quote_escape(&last, after);
    unsigned others = fit_places(buf_text(&first)) + fit_places(buf_text(&last));
    unsigned room = width > others + LEAST ? width - others : LEAST;
    fit_cut(&shown, buf_text(&middle), width > 0 ? room : fit_places(buf_text(&middle)), true);
    printf("%s%s%s\n", buf_text(&first), buf_text(&shown), buf_text(&last));
}

void tell_json(struct doc *doc)
{
    auto_free char *text = doc_print(doc);
    fputs(text, stdout);
    doc_free(doc);
}
