/* SPDX-License-Identifier: BSD-2-Clause
 * fit: text within the lines of a terminal. */
#include "base/fit.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"

static const char rest[] = "…";

unsigned fit_width(int fd)
{
    enum { USUAL = 80, LEAST = 20 };
    struct winsize size = {0};
    if (isatty(fd) != 1) {
        return 0;
    }
    if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
        return USUAL;
    }
    return size.ws_col > LEAST ? size.ws_col : LEAST;
}

/* ---- places */

/* Bytes of the character at `at`, which is valid. */
static size_t length_of(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static uint32_t point_of(const char *at)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = length_of(at);
    uint32_t point = (unsigned char)at[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++) {
        point = (point << 6) | ((unsigned char)at[i] & 0x3fU);
    }
    return point;
}

/* Not wcwidth(3): it goes by the locale, of which a static program has only "C". */
static unsigned places_of(const char *at)
{
    static const struct {
        uint32_t first, last;
        unsigned places;
    } ranges[] = {
        {0x300, 0x36f, 0},   {0x1100, 0x115f, 2},   {0x200b, 0x200d, 0},   {0x20d0, 0x20ff, 0}, {0x2e80, 0xa4cf, 2},
        {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2},
        {0xffe0, 0xffe6, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    uint32_t point = point_of(at);
    for (size_t i = 0; point >= ranges[0].first && i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (point >= ranges[i].first && point <= ranges[i].last) {
            return ranges[i].places;
        }
    }
    return 1;
}

unsigned fit_places(const char *text)
{
    unsigned places = 0;
    for (const char *at = text; *at != '\0'; at += length_of(at)) {
        places += places_of(at);
    }
    return places;
}

/* ---- cutting */

void fit_cut(struct buf *line, const char *text, unsigned places, bool keep_end)
{
    unsigned all = fit_places(text);
    unsigned kept = places > 0 ? places - 1 : 0;
    if (all <= places) {
        buf_add_text(line, text);
        return;
    }
    const char *at = text;
    unsigned passed = 0;
    while (*at != '\0' && (keep_end ? passed < all - kept : passed + places_of(at) <= kept)) {
        passed += places_of(at);
        at += length_of(at);
    }
    if (keep_end) {
        buf_add_text(line, rest);
        buf_add_text(line, at);
    } else {
        buf_add(line, text, (size_t)(at - text));
        buf_add_text(line, rest);
    }
}

/* ---- folding */

void fit_words(struct buf *line, unsigned width, unsigned indent, const struct strlist *words, const char *joint)
{
    unsigned at = indent;
    for (size_t i = 0; i < words->count; i++) {
        bool last = i + 1 == words->count;
        unsigned places = fit_places(words->item[i]);
        unsigned needed = places + (i > 0) + (last ? 0 : fit_places(joint));
        if (i > 0 && width > 0 && at + needed > width) {
            buf_addf(line, "%s\n%*s%s", joint, (int)indent, "", words->item[i]);
            at = indent + places;
        } else {
            buf_addf(line, "%s%s", i > 0 ? " " : "", words->item[i]);
            at += places + (i > 0);
        }
    }
}

void fit_text(struct buf *line, unsigned width, unsigned indent, const char *text)
{
    struct strlist words = {0};
    if (width == 0) {
        buf_add_text(line, text);
        return;
    }
    for (const char *at = text; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        strlist_take(&words, xstrndup(at, length));
        at += length;
    }
    fit_words(line, width, indent, &words, "");
    strlist_release(&words);
}
