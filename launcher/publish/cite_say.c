/* SPDX-License-Identifier: BSD-2-Clause
 * cite_say: words for single facts of publish/cite. */
#include "publish/cite_say.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote.h"

static bool take_digits(const char **at, int count, unsigned *ret_number)
{
    unsigned number = 0;
    for (int i = 0; i < count; i++, ++*at) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(**at - '0');
    }
    *ret_number = number;
    return true;
}

bool cite_say_ymd(const char *time, unsigned ret_ymd[3])
{
    unsigned ymd[3];
    const char *at = time != NULL ? time : "";
    for (int i = 0; i < 3; i++) {
        at += i > 0 && *at == '-';
        if (!take_digits(&at, i == 0 ? 4 : 2, &ymd[i])) {
            return false;
        }
    }
    if (*at != 'T' || ymd[1] < 1 || ymd[1] > 12 || ymd[2] < 1 || ymd[2] > 31) {
        return false;
    }
    memcpy(ret_ymd, ymd, sizeof(ymd));
    return true;
}

bool cite_say_date(const char *time, char to[32])
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    unsigned ymd[3];
    if (!cite_say_ymd(time, ymd)) {
        return false;
    }
    snprintf(to, 32, "%u %s %04u", ymd[2], months[ymd[1] - 1], ymd[0]);
    return true;
}

char *cite_say_circumstance(const struct cite *cite, const char *const *path)
{
    const struct doc *at = doc_get(cite->doc, "circumstances");
    for (; path[1] != NULL; path++) {
        at = doc_get(at, path[0]);
    }
    return doc_get_text(at, path[0]);
}

char *cite_say_command(const struct cite *cite)
{
    struct buf line = {0};
    const struct strlist *argv = &cite->manifest.setup.argv;
    for (size_t i = 0; i < argv->count; i++) {
        buf_add_text(&line, i > 0 ? " " : "");
        quote_word(&line, argv->item[i]);
    }
    return buf_take(&line);
}

static size_t count(const char *text, size_t length, char letter)
{
    size_t found = 0;
    for (size_t i = 0; i < length; i++) {
        found += text[i] == letter;
    }
    return found;
}

/* Whether the last letter belongs to the sentence around it: a full stop, or a bracket that was opened before. */
static bool ends_outside(const char *text, size_t length)
{
    char last = text[length - 1];
    if (strchr(".,;:'\"", last) != NULL) {
        return true;
    }
    return (last == ')' && count(text, length, '(') < count(text, length, ')')) ||
           (last == '>' && count(text, length, '<') < count(text, length, '>')) || last == ']' || last == '}';
}

/* "10.", the number of a registrant, "/", and whatever ends at a blank (DOI Handbook, 2.2: any printable character may
 * be part of it). */
char *cite_say_doi(const char *text)
{
    for (const char *at = text; (at = strstr(at, "10.")) != NULL; at++) {
        size_t number = strspn(at + 3, "0123456789.");
        bool begins = at == text || strchr(" :/(<\t", at[-1]) != NULL;
        size_t length = strcspn(at, " \t\"");
        while (length > 0 && ends_outside(at, length)) {
            length--;
        }
        if (begins && number >= 4 && at[3 + number] == '/' && length > 3 + number + 1) {
            return xstrndup(at, length);
        }
    }
    return NULL;
}

void cite_say_packages(const struct cite *cite, enum markup markup, struct buf *text)
{
    char date[32];
    if (cite->packages.count == 0) {
        return;
    }
    buf_addf(text, "%zu %spackage%s", cite->packages.count, cite->distribution == NULL ? "Debian " : "",
             cite->packages.count == 1 ? "" : "s");
    if (cite->distribution != NULL) {
        buf_add_text(text, " of ");
        markup_plain(text, markup, cite->distribution);
    }
    if (cite_say_date(cite->snapshot, date)) {
        buf_addf(text, ", archive snapshot of %s", date);
    }
}
