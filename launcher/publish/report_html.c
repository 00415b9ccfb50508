/* SPDX-License-Identifier: BSD-2-Clause
 * report_html: text from anywhere into a page of HTML, and into the SVG and XML within it. */
#include "publish/report_html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/quote.h"
#include "base/units.h"

#define ELLIPSIS "\xe2\x80\xa6"

static const char *reference_of(char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* What XML does not allow although it is UTF-8 (XML 1.0, production 2), and what is not to be seen or hides what is
 * around it: the line separators, the characters of no width. */
static size_t hidden_at(const char *text)
{
    static const char *const hidden[] = {
        "\xef\xbf\xbe", "\xef\xbf\xbf", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\x8b", "\xd8\x9c", "\xef\xbb\xbf",
    };
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        size_t length = strlen(hidden[i]);
        if (strncmp(text, hidden[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

/* `shown` is free of what a terminal would mind. */
static void add_shown(struct buf *page, const char *shown, size_t length)
{
    for (const char *at = shown; at < shown + length;) {
        size_t plain = strcspn(at, "&<>\"'\xe2\xef\xd8");
        plain = plain < (size_t)(shown + length - at) ? plain : (size_t)(shown + length - at);
        buf_add(page, at, plain);
        at += plain;
        if (at == shown + length) {
            break;
        }
        const char *reference = reference_of(*at);
        size_t hidden = hidden_at(at);
        if (reference != NULL) {
            buf_add_text(page, reference);
            at++;
        } else if (hidden > 0) {
            for (size_t i = 0; i < hidden; i++) {
                buf_addf(page, "\\x%02x", (unsigned char)at[i]);
            }
            at += hidden;
        } else {
            buf_add(page, at++, 1);
        }
    }
}

void html_text(struct buf *page, const char *text)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    add_shown(page, buf_text(&shown), shown.length);
}

/* Not within a character. */
static size_t whole_characters(const char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
        length--;
    }
    return length;
}

void html_text_most(struct buf *page, const char *text, size_t most)
{
    size_t length = strlen(text);
    if (length <= most) {
        html_text(page, text);
        return;
    }
    auto_free char *begin = xstrndup(text, whole_characters(text, most));
    html_text(page, begin);
    buf_addf(page, ELLIPSIS " [%zu more bytes]", length - strlen(begin));
}

void html_code(struct buf *page, const char *text, size_t most)
{
    buf_add_text(page, "<code>");
    html_text_most(page, text, most);
    buf_add_text(page, "</code>");
}

void html_words(struct buf *page, char *const *words, size_t count, size_t most)
{
    auto_release(buf) struct buf line = {0};
    for (size_t i = 0; i < count; i++) {
        buf_add_text(&line, i > 0 ? " " : "");
        quote_word(&line, words[i]);
    }
    html_text_most(page, buf_text(&line), most);
}

void html_size(struct buf *page, uint64_t bytes)
{
    char words[UNITS_TEXT];
    buf_add_text(page, units_size(words, bytes));
}

void html_count(struct buf *page, uint64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    for (int i = 0; i < length; i++) {
        buf_add_text(page, i > 0 && (length - i) % 3 == 0 ? "," : "");
        buf_add(page, &digits[i], 1);
    }
}

/* Processes live for hundredths of a second: below a second in smaller units. */
void html_duration(struct buf *page, uint64_t ns)
{
    char words[UNITS_TEXT];
    if (ns == 0) {
        buf_add_text(page, "0");
    } else if (ns < 1000000U) {
        buf_addf(page, "%.2f ms", (double)ns / 1e6);
    } else if (ns < 1000000000U) {
        buf_addf(page, "%.0f ms", (double)ns / 1e6);
    } else {
        buf_add_text(page, units_duration(words, ns));
    }
}

void html_time(struct buf *page, const char *time)
{
    static const char form[] = "0000-00-00T00:00:00";
    bool fits = strlen(time) >= sizeof(form);
    for (size_t i = 0; fits && i < sizeof(form) - 1; i++) {
        fits = form[i] == '0' ? time[i] >= '0' && time[i] <= '9' : time[i] == form[i];
    }
    if (!fits || time[strlen(time) - 1] != 'Z') {
        html_text_most(page, time, 64);
        return;
    }
    buf_addf(page, "<time datetime=\"%.19sZ\">%.10s %.8s UTC</time>", time, time, time + 11);
}

void html_digest(struct buf *page, const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    buf_addf(page, "<code>%s</code>", hex);
}

/* One character of shown text, which is UTF-8; its bytes in *ret_length. */
static size_t columns_of(const char *at, size_t *ret_length)
{
    unsigned char first = (unsigned char)*at;
    *ret_length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (*ret_length < 3) {
        return 1;
    }
    /* Hangul, CJK and full-width forms, U+1100 to U+115F, U+2E80 to U+D7FF, U+F900 to U+FAFF, U+FF00 and beyond: wide
     * by UAX #11 or drawn so. */
    unsigned point = first < 0xf0 ? (unsigned)(first & 0x0f) << 12 | ((unsigned)at[1] & 0x3f) << 6 : 0x10000;
    return (point >= 0x1100 && point < 0x1180) || (point >= 0x2e80 && point < 0xd800) ||
                   (point >= 0xf900 && point < 0xfb00) || point >= 0xff00
               ? 2
               : 1;
}

static size_t shown_columns(const char *shown)
{
    size_t columns = 0;
    for (size_t length; *shown != '\0'; shown += length) {
        columns += columns_of(shown, &length);
    }
    return columns;
}

void html_text_end(struct buf *page, const char *text, size_t columns)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    const char *at = buf_text(&shown);
    size_t left = shown_columns(at);
    if (left > columns) {
        buf_add_text(page, ELLIPSIS);
        for (size_t length; left + 1 > columns; at += length) {
            left -= columns_of(at, &length);
        }
    }
    add_shown(page, at, strlen(at));
}

void html_text_begin(struct buf *page, const char *text, size_t columns)
{
    auto_release(buf) struct buf shown = {0};
    quote_escape(&shown, text);
    const char *begin = buf_text(&shown);
    if (shown_columns(begin) <= columns) {
        add_shown(page, begin, shown.length);
        return;
    }
    const char *at = begin;
    size_t length;
    for (size_t used = 1; used + columns_of(at, &length) <= columns; at += length) {
        used += columns_of(at, &length);
    }
    add_shown(page, begin, (size_t)(at - begin));
    buf_add_text(page, ELLIPSIS);
}
