/* SPDX-License-Identifier: BSD-2-Clause
 * normal: what in a file is known to be no result, for comparing without it. */
#include "run/normal.h"

#include <string.h>

#define WORK_MARK    "{work}"
#define DATE_MARK    "{date}"
#define PATTERN_MARK "{ignored}"

void normal_reasons(unsigned reasons, struct buf *ret_text)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {NORMAL_GZIP_HEADER, "the header of gzip"}, {NORMAL_COMPRESSION, "the way of compression"},
        {NORMAL_PROGRAM_LINES, "@PG lines"},        {NORMAL_DATES, "dates"},
        {NORMAL_WORK_PATHS, "work paths"},          {NORMAL_PATTERNS, "ignored patterns"},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if ((reasons & names[i].bit) != 0) {
            buf_addf(ret_text, "%s%s", between, names[i].name);
            between = ", ";
        }
    }
}

static bool begins(const void *bytes, size_t length, const char *with)
{
    size_t most = strlen(with);
    return length >= most && memcmp(bytes, with, most) == 0;
}

enum normal_text normal_text_of(const void *head, size_t length)
{
    static const struct {
        const char *begin;
        enum normal_text text;
    } known[] = {
        {"@HD\t", NORMAL_SAM},       {"@SQ\t", NORMAL_SAM}, {"@RG\t", NORMAL_SAM},
        {"@PG\t", NORMAL_SAM},       {"@CO\t", NORMAL_SAM}, {"##fileformat=VCF", NORMAL_VCF},
        {"%!PS", NORMAL_POSTSCRIPT},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (begins(head, length, known[i].begin)) {
            return known[i].text;
        }
    }
    return NORMAL_PLAIN;
}

static bool is_left_out(enum normal_text text, const struct line *line, unsigned *reasons)
{
    static const struct {
        enum normal_text text;
        const char *begin;
        unsigned reason;
    } rules[] = {
        {NORMAL_SAM, "@PG\t", NORMAL_PROGRAM_LINES},
        {NORMAL_VCF, "##fileDate=", NORMAL_DATES},
        {NORMAL_POSTSCRIPT, "%%CreationDate:", NORMAL_DATES},
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
        if (rules[i].text == text && begins(line->text, line->length, rules[i].begin)) {
            *reasons |= rules[i].reason;
            return true;
        }
    }
    return false;
}

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           (unsigned char)c >= 0x80;
}

/* A path stands by itself: "/data" is neither in "/mnt/data" nor in "/data-2", but it is in "/data/x" and "/data." */
static bool is_whole_path(const struct buf *line, size_t start, size_t end)
{
    char before = start > 0 ? line->bytes[start - 1] : ' ';
    char after = line->bytes[end]; /* the terminator at the end */
    if (is_name_byte(before) || before == '.' || is_name_byte(after)) {
        return false;
    }
    return after != '.' || !is_name_byte(line->bytes[end + 1]);
}

static bool mask_path(struct buf *line, const char *path)
{
    struct buf masked = {0};
    size_t length = strlen(path);
    size_t from = 0;
    bool any = false;
    for (;;) {
        const char *at = memmem(line->bytes + from, line->length - from, path, length);
        if (at == NULL) {
            break;
        }
        size_t start = (size_t)(at - line->bytes);
        bool whole = is_whole_path(line, start, start + length);
        buf_add(&masked, line->bytes + from, (whole ? start : start + 1) - from);
        if (whole) {
            buf_add_text(&masked, WORK_MARK);
            any = true;
        }
        from = whole ? start + length : start + 1;
    }
    if (any) {
        buf_add(&masked, line->bytes + from, line->length - from);
        buf_release(line);
        *line = masked;
    } else {
        buf_release(&masked);
    }
    return any;
}

static void mask_paths(const struct normal_side *side, struct buf *line, unsigned *reasons)
{
    const struct strlist *paths = side->is_now ? &side->rules->now_paths : &side->rules->then_paths;
    for (size_t i = 0; i < paths->count; i++) {
        if (strcmp(side->rules->then_paths.item[i], side->rules->now_paths.item[i]) != 0 &&
            mask_path(line, paths->item[i])) {
            *reasons |= NORMAL_WORK_PATHS;
        }
    }
}

/* "##bcftools_callCommand=call -mv in.bam; Date=Mon Nov 23 22:47:01 2026" */
static void mask_date(struct buf *line, unsigned *reasons)
{
    static const char mark[] = "; Date=";
    char *at = line->length > 2 && memcmp(line->bytes, "##", 2) == 0
                   ? memmem(line->bytes, line->length, mark, sizeof(mark) - 1)
                   : NULL;
    if (at != NULL) {
        line->length = (size_t)(at - line->bytes) + sizeof(mark) - 1;
        buf_add_text(line, DATE_MARK);
        *reasons |= NORMAL_DATES;
    }
}

bool normal_line(const struct normal_side *side, const struct line *line, struct buf *ret_line, unsigned *reasons)
{
    if (is_left_out(side->text, line, reasons)) {
        return false;
    }
    struct buf text = {0};
    buf_add(&text, line->text, line->length);
    mask_paths(side, &text, reasons);
    if (side->text == NORMAL_VCF) {
        mask_date(&text, reasons);
    }
    size_t before = text.length;
    size_t at = ret_line->length;
    size_t found = patterns_mask(&side->rules->ignore, buf_text(&text), text.length, PATTERN_MARK, ret_line);
    buf_release(&text);
    *reasons |= found > 0 ? NORMAL_PATTERNS : 0;
    return found == 0 || before == 0 || ret_line->length > at;
}
