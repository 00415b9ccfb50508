/* SPDX-License-Identifier: BSD-2-Clause
 * verdict_text: text line by line, what is no result left out, numbers within the tolerance. */
#include "run/verdict_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/text.h"
#include "run/text_place.h"

struct side {
    struct source *source;
    struct normal_side rules;
    const char *raw; /* with its line end */
    size_t raw_length;
    uint64_t number;   /* of the line, from 1 */
    struct buf normal; /* the line as it is compared */
};

struct text {
    struct side then, now;
    const struct tolerance *tolerance; /* NULL when none was asked for */
    unsigned reasons;
    struct deviation passed;  /* within the tolerance */
    struct deviation farther; /* beyond it, counted on after the first difference */
    struct text_place place;
    bool differs; /* result holds the first place */
    bool only_numbers;
    struct verdict_result result;
};

static void next(struct side *side)
{
    source_skip(side->source, side->raw_length);
    side->raw_length = source_line(side->source, &side->raw);
    side->number += side->raw_length > 0;
}

/* Without its line end, with which nothing is wrong when the other line has one too. */
static struct line raw_line(const struct side *side)
{
    bool ended = side->raw_length > 0 && side->raw[side->raw_length - 1] == '\n';
    return (struct line){.text = side->raw, .length = side->raw_length - ended};
}

static bool is_last(const struct side *side)
{
    return side->raw_length > 0 && side->raw[side->raw_length - 1] != '\n';
}

void verdict_excerpt(char to[VERDICT_EXCERPT], const char *line, size_t length, size_t at)
{
    enum { BEFORE = 36, AROUND = 76 };
    size_t start = at > BEFORE ? at - BEFORE : 0;
    /* Not within a character of UTF-8. */
    while (start > 0 && start < length && ((unsigned char)line[start] & 0xc0) == 0x80) {
        start--;
    }
    size_t end = length - start > AROUND ? start + AROUND : length;
    while (end > start && end < length && ((unsigned char)line[end] & 0xc0) == 0x80) {
        end--;
    }
    char shown[VERDICT_EXCERPT - 8];
    auto_release(buf) struct buf piece = {0};
    for (size_t i = start; i < end; i++) {
        buf_add(&piece, line[i] == '\t' ? "\\t" : &line[i], line[i] == '\t' ? 2 : 1);
    }
    text_escape(shown, sizeof(shown), buf_text(&piece), piece.length);
    snprintf(to, VERDICT_EXCERPT, "%s%s%s", start > 0 ? "..." : "", shown, end < length ? "..." : "");
}

/* "2 numbers differ by at most 0.5 (0.1 of the value), most in line 7" */
static void say_numbers(struct buf *detail, const struct deviation *deviation)
{
    bool one = deviation->numbers == 1;
    buf_addf(detail, "%" PRIu64 " %s by %s%.4Lg", deviation->numbers, one ? "number differs" : "numbers differ",
             one ? "" : "at most ", deviation->absolute);
    if (isfinite(deviation->relative)) {
        buf_addf(detail, " (%.4Lg of the value)", deviation->relative);
    }
    buf_addf(detail, ", %sin line %" PRIu64, one ? "" : "most ", deviation->line);
}

static void note_difference(struct text *text, const struct line *then, const struct line *now,
                            const struct parting *parting)
{
    auto_release(buf) struct buf detail = {0};
    struct verdict_result *result = &text->result;
    buf_addf(&detail, "line %" PRIu64, text->then.number);
    if (text->now.number != text->then.number) {
        buf_addf(&detail, " (%" PRIu64 " now)", text->now.number);
    }
    buf_addf(&detail, ", column %zu", parting->then_at + 1);
    text_place_say(&text->place, then, parting->then_at, &detail);
    verdict_set_detail(result, buf_text(&detail));
    verdict_excerpt(result->then_text, then->text, then->length, parting->then_at);
    verdict_excerpt(result->now_text, now->text, now->length, parting->now_at);
    text->differs = true;
    text->only_numbers = parting->is_number;
}

/* One file has lines that the other has not. */
static void note_end(struct text *text)
{
    struct verdict_result *result = &text->result;
    const struct side *longer = text->then.raw_length > 0 ? &text->then : &text->now;
    bool is_now = longer == &text->now;
    uint64_t last = (is_now ? text->then.number : text->now.number);
    snprintf(result->detail, sizeof(result->detail), "%s after line %" PRIu64, is_now ? "goes on" : "ends", last);
    struct line line = raw_line(longer);
    verdict_excerpt(is_now ? result->now_text : result->then_text, line.text, line.length, 0);
    text->differs = true;
    text->only_numbers = false;
}

static void first_byte(const struct line *then, const struct line *now, struct parting *parting)
{
    size_t at = 0;
    while (at < then->length && at < now->length && then->text[at] == now->text[at]) {
        at++;
    }
    *parting = (struct parting){.then_at = at, .now_at = at};
}

static bool is_within(struct text *text, const struct line *then, const struct line *now, struct parting *parting)
{
    struct deviation passed = text->passed;
    if (text->tolerance == NULL || is_last(&text->then) != is_last(&text->now)) {
        first_byte(then, now, parting);
        return false;
    }
    if (!tolerance_lines_agree(then, now, text->tolerance, text->then.number, &passed, parting)) {
        return false;
    }
    text->passed = passed;
    return true;
}

/* After the first difference it goes on as long as there is nothing but numbers, to tell how far they are apart. */
static bool only_numbers_differ(struct text *text, const struct line *then, const struct line *now)
{
    struct parting ignored;
    return is_last(&text->then) == is_last(&text->now) &&
           tolerance_lines_agree(then, now, NULL, text->then.number, &text->farther, &ignored);
}

/* False when nothing more need be read. */
static bool judge(struct text *text, const struct line *then, const struct line *now)
{
    struct parting parting = {0};
    if (then->length == now->length && memcmp(then->text, now->text, then->length) == 0 &&
        is_last(&text->then) == is_last(&text->now)) {
        return true;
    }
    if (!text->differs) {
        if (is_within(text, then, now, &parting)) {
            return true;
        }
        note_difference(text, then, now, &parting);
        text->farther = text->passed;
    }
    text->only_numbers = only_numbers_differ(text, then, now);
    return text->only_numbers;
}

static bool raw_equal(const struct text *text)
{
    return text->then.raw_length == text->now.raw_length &&
           memcmp(text->then.raw, text->now.raw, text->then.raw_length) == 0;
}

static void note_passed(struct text *text)
{
    if (!text->differs) {
        const struct line line = {.text = text->then.raw, .length = text->then.raw_length};
        text_place_pass(&text->place, &line);
    }
}

static void pass(struct text *text)
{
    note_passed(text);
    next(&text->then);
    next(&text->now);
}

static bool is_left_out(struct text *text, struct side *side)
{
    struct line raw = raw_line(side);
    buf_clear(&side->normal);
    return side->raw_length > 0 && !normal_line(&side->rules, &raw, &side->normal, &text->reasons);
}

/* One line of each, or one that is left out. False at the end, or when nothing more need be read. */
static bool step(struct text *text)
{
    if (text->then.raw_length == 0 && text->now.raw_length == 0) {
        return false;
    }
    if (raw_equal(text)) {
        pass(text);
        return true;
    }
    if (is_left_out(text, &text->then)) {
        note_passed(text);
        next(&text->then);
        return true;
    }
    if (is_left_out(text, &text->now)) {
        next(&text->now);
        return true;
    }
    if (text->then.raw_length == 0 || text->now.raw_length == 0) {
        if (!text->differs) {
            note_end(text);
        }
        text->only_numbers = false;
        return false;
    }
    const struct line then = {.text = buf_text(&text->then.normal), .length = text->then.normal.length};
    const struct line now = {.text = buf_text(&text->now.normal), .length = text->now.normal.length};
    if (!judge(text, &then, &now)) {
        return false;
    }
    pass(text);
    return true;
}

static void conclude(struct text *text)
{
    auto_release(buf) struct buf detail = {0};
    struct verdict_result *result = &text->result;
    buf_add_text(&detail, result->detail);
    result->normalised = text->reasons;
    if (text->differs) {
        result->verdict = VERDICT_DIFFERENT;
        if (text->only_numbers) {
            buf_add_text(&detail, "; ");
            say_numbers(&detail, &text->farther);
        }
    } else if (text->passed.numbers > 0) {
        result->verdict = VERDICT_TOLERATED;
        say_numbers(&detail, &text->passed);
        buf_add_text(&detail, text->reasons != 0 ? "; but for " : "");
        normal_reasons(text->reasons, &detail);
    } else {
        result->verdict = text->reasons != 0 ? VERDICT_NORMALISED : VERDICT_IDENTICAL;
        normal_reasons(text->reasons, &detail);
    }
    verdict_set_detail(result, buf_text(&detail));
}

static enum normal_text kind_of(struct source *source)
{
    size_t length = source_need(source, 64);
    return length > 0 ? normal_text_of(source_bytes(source), length) : NORMAL_PLAIN;
}

bool verdict_text(struct source *then, struct source *now, const char *name, const struct verdict_rules *rules,
                  struct verdict_result *ret_result)
{
    enum normal_text kind = kind_of(then) != NORMAL_PLAIN ? kind_of(then) : kind_of(now);
    struct text text = {
        .then = {.source = then, .rules = {.text = kind, .rules = rules}},
        .now = {.source = now, .rules = {.text = kind, .rules = rules, .is_now = true}},
        .tolerance = rules->tolerance.rtol > 0 || rules->tolerance.atol > 0 ? &rules->tolerance : NULL,
    };
    text_place_begin(&text.place, name);
    next(&text.then);
    next(&text.now);
    while (step(&text) && source_problem(then) == NULL && source_problem(now) == NULL) {
    }
    bool good = source_problem(then) == NULL && source_problem(now) == NULL;
    if (good) {
        conclude(&text);
        *ret_result = text.result;
    }
    text_place_release(&text.place);
    buf_release(&text.then.normal);
    buf_release(&text.now.normal);
    return good;
}
