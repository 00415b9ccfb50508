/* SPDX-License-Identifier: BSD-2-Clause
 * markup: any text as a reader of plain text, Markdown, LaTeX or HTML shall see it. */
#include "publish/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "base/quote.h"
#include "publish/report_html.h"

/* A line of a paper holds no sha256: longer words may be broken after every so many letters. */
enum { LONG = 24, UNBROKEN = 8 };

/* What LaTeX says for a character that means something to it, in both kinds of text. Commands of the kernel only, no
 * package is needed; and no "\{", which BibTeX takes for an opening brace. */
static const char *latex_name(char letter)
{
    static const struct {
        char letter;
        const char *name;
    } names[] = {
        {'\\', "\\textbackslash{}"},
        {'{', "\\textbraceleft{}"},
        {'}', "\\textbraceright{}"},
        {'~', "\\textasciitilde{}"},
        {'^', "\\textasciicircum{}"},
        {'<', "\\textless{}"},
        {'>', "\\textgreater{}"},
        {'|', "\\textbar{}"},
        {'&', "\\&"},
        {'%', "\\%"},
        {'$', "\\$"},
        {'#', "\\#"},
        {'_', "\\_"},
        {'"', "\\char34{}"}, /* active in some languages of babel */
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].letter == letter) {
            return names[i].name;
        }
    }
    return NULL;
}

/* Letters that fonts join with the next one: to a dash, a quotation mark, or one that stands on its head. */
static bool is_joined(char letter, char next)
{
    return (strchr("-,'`", letter) != NULL && next == letter) || (strchr("?!", letter) != NULL && next == '`');
}

static void latex_letter(struct buf *buf, char letter, const char *name, char next)
{
    if (name != NULL) {
        buf_add_text(buf, name);
    } else {
        buf_add(buf, &letter, 1);
        buf_add_text(buf, is_joined(letter, next) ? "{}" : "");
    }
}

static void latex_plain(struct buf *buf, const char *text)
{
    for (; *text != '\0'; text++) {
        latex_letter(buf, *text, latex_name(*text), text[1]);
    }
}

/* In typewriter letters quotes are straight and every blank counts. */
static const char *latex_code_name(char letter)
{
    switch (letter) {
    case '\'':
        return "\\textquotesingle{}";
    case '`':
        return "\\textasciigrave{}";
    case ' ':
        return "\\ ";
    default:
        return latex_name(letter);
    }
}

static void latex_code(struct buf *buf, const char *text)
{
    size_t unbroken = 0;
    bool is_long = strcspn(text, " ") > LONG;
    buf_add_text(buf, "\\texttt{");
    for (; *text != '\0'; text++) {
        bool is_start = ((unsigned char)*text & 0xc0) != 0x80; /* of a character of UTF-8 */
        if (*text == ' ') {
            is_long = strcspn(text + 1, " ") > LONG;
        }
        unbroken = *text == ' ' ? 0 : unbroken + is_start;
        if (is_long && unbroken > UNBROKEN && is_start) {
            buf_add_text(buf, "\\allowbreak{}");
            unbroken = 1;
        }
        latex_letter(buf, *text, latex_code_name(*text), text[1]);
    }
    buf_add_text(buf, "}");
}

static void markdown_plain(struct buf *buf, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\`*_{}[]<>#|~&$", *text) != NULL) {
            buf_add_text(buf, "\\");
        }
        buf_add(buf, text, 1);
    }
}

/* Between more backticks than stand together anywhere in it. */
static void markdown_code(struct buf *buf, const char *text)
{
    size_t most = 0;
    size_t length = strlen(text);
    for (const char *at = text; *at != '\0'; at += *at != '\0') {
        size_t ticks = strspn(at, "`");
        most = ticks > most ? ticks : most;
        at += ticks;
    }
    /* One blank at each end is taken off again. */
    bool padded =
        length == 0 || text[0] == '`' || text[length - 1] == '`' || (text[0] == ' ' && text[length - 1] == ' ');
    for (size_t i = 0; i <= most; i++) {
        buf_add_text(buf, "`");
    }
    buf_addf(buf, "%s%s%s", padded ? " " : "", text, padded ? " " : "");
    for (size_t i = 0; i <= most; i++) {
        buf_add_text(buf, "`");
    }
}

void markup_plain(struct buf *buf, enum markup markup, const char *text)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    switch (markup) {
    case MARKUP_TEXT:
        buf_add_text(buf, buf_text(&shown));
        break;
    case MARKUP_MARKDOWN:
        markdown_plain(buf, buf_text(&shown));
        break;
    case MARKUP_LATEX:
        latex_plain(buf, buf_text(&shown));
        break;
    case MARKUP_HTML:
        html_text(buf, text);
        break;
    }
}

void markup_code(struct buf *buf, enum markup markup, const char *text)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    switch (markup) {
    case MARKUP_TEXT:
        buf_add_text(buf, buf_text(&shown));
        break;
    case MARKUP_MARKDOWN:
        markdown_code(buf, buf_text(&shown));
        break;
    case MARKUP_LATEX:
        latex_code(buf, buf_text(&shown));
        break;
    case MARKUP_HTML:
        html_code(buf, text, SIZE_MAX);
        break;
    }
}
