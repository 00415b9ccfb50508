/* SPDX-License-Identifier: BSD-2-Clause
 * verdict_pdf: the part of verdict.h about PDF (ISO 32000-1). A document is rewritten without what follows from the
 * time it was made at, and that is compared:
 *
 *     /CreationDate and /ModDate; /ID of the trailer, which is a digest of them in most programs
 *     the dates and identifiers of XMP metadata
 *     deflated streams are decompressed (a date can be in one, and then its length differs), /Length left out
 *     the table of positions (xref and cross-reference streams), which lengths move
 *
 * What is left is all that is drawn or can be clicked on. No attempt is made to understand more: objects in another
 * order are another document. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/text.h"
#include "run/expand.h"
#include "run/verdict_parts.h"

/* In memory as a whole: 16 MiB of document, 64 MiB of what it holds decompressed. A larger one is compared by bytes. */
enum { PDF_MOST = SOURCE_MOST, EXPANDED_MOST = 64 * 1024 * 1024 };

/* No date or identifier is longer. Without a limit, ones that never end would be looked for again and again. */
enum { VALUE_MOST = 1024 };

struct pdf {
    const char *bytes;
    size_t length;
    struct buf normal;
    struct buf dates; /* what was left out of it */
    bool too_large;
};

static bool is_at(const char *bytes, size_t length, size_t at, const char *word)
{
    size_t most = strlen(word);
    return at <= length && length - at >= most && memcmp(bytes + at, word, most) == 0;
}

static size_t find_from(const char *bytes, size_t length, size_t at, const char *word)
{
    const char *found = at < length ? memmem(bytes + at, length - at, word, strlen(word)) : NULL;
    return found != NULL ? (size_t)(found - bytes) : length;
}

static size_t blanks_from(const char *bytes, size_t length, size_t at)
{
    while (at < length && strchr(" \t\r\n\f", bytes[at]) != NULL && bytes[at] != '\0') {
        at++;
    }
    return at;
}

/* The end of the literal (...), hexadecimal <...> or array [...] at `at`; `at` when there is none. */
static size_t value_end(const char *bytes, size_t length, size_t at)
{
    static const char opens[] = "(<[";
    static const char closes[] = ")>]";
    const char *open = at < length && bytes[at] != '\0' ? strchr(opens, bytes[at]) : NULL;
    if (open == NULL) {
        return at;
    }
    char close = closes[open - opens];
    size_t depth = 0;
    for (size_t i = at; i < length && i - at < VALUE_MOST; i++) {
        if (bytes[i] == '\\' && *open == '(') {
            i++;
        } else if (bytes[i] == *open) {
            depth++;
        } else if (bytes[i] == close && --depth == 0) {
            return i + 1;
        }
    }
    return at;
}

/* A key whose value says when: its own length, and in *ret_end the end of the value. 0 when there is none at `at`. */
static size_t dated_key(const char *bytes, size_t length, size_t at, size_t *ret_end)
{
    static const char *const keys[] = {"/CreationDate", "/ModDate", "/ID"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        if (is_at(bytes, length, at, keys[i])) {
            size_t start = blanks_from(bytes, length, at + strlen(keys[i]));
            size_t end = value_end(bytes, length, start);
            *ret_end = end;
            /* /ID of other things than documents is a name or a number. */
            return end > start && (i < 2 || bytes[start] == '[') ? strlen(keys[i]) : 0;
        }
    }
    return 0;
}

/* <xmp:CreateDate>2026-11-23T22:47:00Z</xmp:CreateDate> or xmp:CreateDate="...": the end of the value. */
static size_t dated_tag(const char *bytes, size_t length, size_t at, size_t *ret_end)
{
    static const char *const tags[] = {"xmp:CreateDate",   "xmp:ModifyDate",   "xmp:MetadataDate",
                                       "xmpMM:DocumentID", "xmpMM:InstanceID", "xap:CreateDate"};
    for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
        size_t start = at + strlen(tags[i]);
        if (is_at(bytes, length, at, tags[i])) {
            bool is_element = is_at(bytes, length, start, ">");
            bool is_attribute = is_at(bytes, length, start, "=\"");
            size_t most = length - start > VALUE_MOST ? start + VALUE_MOST : length;
            *ret_end = find_from(bytes, most, start + 2, is_element ? "<" : "\"");
            return is_element ? strlen(tags[i]) + 1 : is_attribute ? strlen(tags[i]) + 2 : 0;
        }
    }
    return 0;
}

/* /Length 1234, but not /Length 5 0 R, which names an object. */
static size_t length_key(const char *bytes, size_t length, size_t at, size_t *ret_end)
{
    static const char key[] = "/Length";
    if (!is_at(bytes, length, at, key)) {
        return 0;
    }
    size_t end = blanks_from(bytes, length, at + sizeof(key) - 1);
    size_t start = end;
    while (end < length && bytes[end] >= '0' && bytes[end] <= '9') {
        end++;
    }
    *ret_end = end;
    size_t next = blanks_from(bytes, length, end);
    bool is_reference = next < length && bytes[next] >= '0' && bytes[next] <= '9';
    return end > start && !is_reference ? sizeof(key) - 1 : 0;
}

/* Copies text with the values that say when left out. */
static void add_text(struct pdf *pdf, const char *bytes, size_t length)
{
    size_t copied = 0;
    for (size_t at = 0; at < length; at++) {
        size_t end = 0;
        size_t key = 0;
        bool is_length = false;
        if (bytes[at] == '/') {
            key = length_key(bytes, length, at, &end);
            is_length = key > 0;
            key = is_length ? key : dated_key(bytes, length, at, &end);
        } else if (bytes[at] == 'x') {
            key = dated_tag(bytes, length, at, &end);
        }
        if (key > 0 && end >= at + key) {
            buf_add(&pdf->normal, bytes + copied, at + key - copied);
            buf_add(&pdf->dates, bytes + at + key, is_length ? 0 : end - at - key);
            copied = end;
            at = end - 1;
        }
    }
    buf_add(&pdf->normal, bytes + copied, length - copied);
}

/* The content of a deflated stream; false when it is none, or too large. */
static bool add_expanded(struct pdf *pdf, const char *bytes, size_t length)
{
    enum { PIECE = 64 * 1024 };
    struct expand *expand = expand_new(EXPAND_ZLIB);
    struct buf content = {0};
    char piece[PIECE];
    size_t taken = 0;
    size_t made = 1;
    size_t at = 0;
    int result = 0;
    while (result == 0 && (taken > 0 || made > 0) && !expand_is_whole(expand) &&
           content.length + pdf->normal.length <= EXPANDED_MOST) {
        result = expand_step(expand, bytes + at, length - at, &taken, piece, sizeof(piece), &made);
        at += result == 0 ? taken : 0;
        buf_add(&content, piece, result == 0 ? made : 0);
    }
    bool whole = expand_is_whole(expand);
    pdf->too_large |= content.length + pdf->normal.length > EXPANDED_MOST;
    expand_free(expand);
    if (whole) {
        add_text(pdf, buf_text(&content), content.length);
        buf_add(&pdf->normal, bytes + at, length - at);
    }
    buf_release(&content);
    return whole;
}

/* The dictionary `head` belongs to the stream at `at`. Returns the place of "endstream". */
static size_t add_stream(struct pdf *pdf, const char *head, size_t head_length, size_t at)
{
    size_t end = find_from(pdf->bytes, pdf->length, at, "endstream");
    const char *bytes = pdf->bytes + at;
    bool deflated = find_from(head, head_length, 0, "/FlateDecode") < head_length;
    bool positions = find_from(head, head_length, 0, "/XRef") < head_length;
    if (!positions && !(deflated && add_expanded(pdf, bytes, end - at))) {
        add_text(pdf, bytes, end - at);
    }
    return end;
}

/* Where the next thing begins that is no text to copy: a stream's bytes, a table of positions. */
static size_t next_mark(const struct pdf *pdf, size_t at, const char **ret_mark)
{
    static const char *const marks[] = {"stream\n", "stream\r\n", "\nxref", "startxref"};
    size_t nearest = pdf->length;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
        size_t found = find_from(pdf->bytes, nearest, at, marks[i]);
        if (found < nearest) {
            nearest = found;
            *ret_mark = marks[i];
        }
    }
    return nearest;
}

static void normalise(struct pdf *pdf)
{
    size_t at = 0;
    while (at < pdf->length && !pdf->too_large) {
        const char *mark = "";
        size_t found = next_mark(pdf, at, &mark);
        size_t object = at;
        add_text(pdf, pdf->bytes + at, found - at);
        at = found + strlen(mark);
        if (mark[0] == 's' && mark[1] == 't' && mark[2] == 'r') {
            at = add_stream(pdf, pdf->bytes + object, found - object, at) + strlen("endstream");
        } else if (mark[0] == '\n') {
            at = find_from(pdf->bytes, pdf->length, at, "trailer");
        } else if (mark[0] != '\0') {
            at = find_from(pdf->bytes, pdf->length, at, "%%EOF");
        }
    }
}

/* "object 12 0": the last one that begins before `at`. */
static void say_object(struct verdict_result *result, const struct buf *normal, size_t at)
{
    static const char word[] = " obj";
    for (size_t i = at < normal->length ? at : normal->length; i >= sizeof(word); i--) {
        size_t end = i - (sizeof(word) - 1);
        size_t start = end;
        if (!is_at(normal->bytes, normal->length, end, word)) {
            continue;
        }
        while (start > 0 && strchr("0123456789 ", normal->bytes[start - 1]) != NULL && end - start < 24) {
            start--;
        }
        verdict_say(result, "object %.*s", (int)(end - start), normal->bytes + start);
        return;
    }
    verdict_say(result, "before the first object");
}

static bool read_pdf(struct source *source, struct pdf *pdf)
{
    pdf->length = source_need(source, PDF_MOST);
    pdf->bytes = (const char *)source_bytes(source);
    pdf->too_large = pdf->length >= PDF_MOST;
    normalise(pdf);
    if (pdf->too_large) {
        source_give_up(source, "is too large to be read as a document");
    }
    return !pdf->too_large;
}

static void compare(const struct pdf *then, const struct pdf *now, struct verdict_result *result)
{
    size_t least = then->normal.length < now->normal.length ? then->normal.length : now->normal.length;
    size_t at = 0;
    while (at < least && then->normal.bytes[at] == now->normal.bytes[at]) {
        at++;
    }
    if (at == then->normal.length && at == now->normal.length) {
        *result = (struct verdict_result){.verdict = VERDICT_IDENTICAL};
        bool same_dates = then->dates.length == now->dates.length &&
                          memcmp(buf_text(&then->dates), buf_text(&now->dates), then->dates.length) == 0;
        verdict_add_reasons(result, same_dates ? NORMAL_COMPRESSION : NORMAL_DATES);
        return;
    }
    *result = (struct verdict_result){.verdict = VERDICT_DIFFERENT};
    say_object(result, &then->normal, at);
    verdict_excerpt(result->then_text, buf_text(&then->normal), then->normal.length, at);
    verdict_excerpt(result->now_text, buf_text(&now->normal), now->normal.length, at);
}

bool verdict_pdf(struct source *then, struct source *now, struct verdict_result *ret_result)
{
    struct pdf a = {0};
    struct pdf b = {0};
    bool done = read_pdf(then, &a) && read_pdf(now, &b);
    if (done) {
        compare(&a, &b, ret_result);
    }
    buf_release(&a.normal);
    buf_release(&a.dates);
    buf_release(&b.normal);
    buf_release(&b.dates);
    return done;
}
