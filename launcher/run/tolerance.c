/* SPDX-License-Identifier: BSD-2-Clause
 * tolerance: two lines of text that differ in nothing but numbers, and in those by no more than asked. */
#include "run/tolerance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer than any number that a program prints to say how large something is. */
enum { NUMBER_MOST = 64 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes above 0x7f are parts of letters in UTF-8. */
static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static char at(const struct line *line, size_t index)
{
    return index < line->length ? line->text[index] : '\n';
}

/* What may stand between the parts of a date, a time, a range or a fraction. */
static bool is_joint(char c)
{
    return c == '-' || c == '+' || c == ':' || c == '/';
}

static bool may_begin(const struct line *line, size_t index)
{
    if (index == 0) {
        return true;
    }
    char before = line->text[index - 1];
    if (is_word(before) || before == '.') {
        return false;
    }
    return !is_joint(before) || index == 1 || !is_word(line->text[index - 2]) ||
           (before == ':' && !is_digit(line->text[index - 2]));
}

static bool may_end(const struct line *line, size_t index)
{
    char after = at(line, index);
    if (is_word(after)) {
        return false;
    }
    return (after != '.' && !is_joint(after)) || !is_word(at(line, index + 1));
}

static size_t digits_from(const struct line *line, size_t index)
{
    size_t end = index;
    while (is_digit(at(line, end))) {
        end++;
    }
    return end - index;
}

static size_t exponent_at(const struct line *line, size_t index)
{
    if (at(line, index) != 'e' && at(line, index) != 'E') {
        return 0;
    }
    size_t sign = at(line, index + 1) == '+' || at(line, index + 1) == '-' ? 1 : 0;
    size_t digits = digits_from(line, index + 1 + sign);
    return digits > 0 ? 1 + sign + digits : 0;
}

size_t tolerance_number_at(const struct line *line, size_t index)
{
    size_t end = index;
    if (!may_begin(line, index)) {
        return 0;
    }
    end += at(line, end) == '-' || at(line, end) == '+' ? 1 : 0;
    size_t whole = digits_from(line, end);
    end += whole;
    size_t fraction = at(line, end) == '.' ? digits_from(line, end + 1) : 0;
    end += fraction > 0 ? 1 + fraction : (whole > 0 && at(line, end) == '.' && !is_word(at(line, end + 1)) ? 1 : 0);
    if (whole + fraction == 0) {
        return 0;
    }
    end += exponent_at(line, end);
    return end - index < NUMBER_MOST && may_end(line, end) ? end - index : 0;
}

static long double value_of(const struct line *line, size_t index, size_t length)
{
    char text[NUMBER_MOST];
    memcpy(text, line->text + index, length);
    text[length] = '\0';
    /* The locale is "C" (main.c sets none), and the text is known to be a number. */
    return strtold(text, NULL);
}

static bool is_close(struct parting *parting, const struct tolerance *tolerance, long double then, long double now)
{
    parting->is_number = true;
    parting->absolute = fabsl(now - then);
    parting->relative = parting->absolute == 0 ? 0 : parting->absolute / fabsl(then);
    if (isinf(then) || isinf(now)) { /* beyond what can be computed with */
        return false;
    }
    return tolerance == NULL || parting->absolute <= tolerance->atol + tolerance->rtol * fabsl(then);
}

static void note(struct deviation *deviation, const struct parting *parting, uint64_t number)
{
    bool worse = parting->relative > deviation->relative ||
                 (parting->relative == deviation->relative && parting->absolute > deviation->absolute);
    deviation->numbers++;
    if (worse || deviation->numbers == 1) {
        deviation->line = number;
    }
    deviation->relative = parting->relative > deviation->relative ? parting->relative : deviation->relative;
    deviation->absolute = parting->absolute > deviation->absolute ? parting->absolute : deviation->absolute;
}

static size_t blanks_from(const struct line *line, size_t index)
{
    size_t end = index;
    while (at(line, end) == ' ') {
        end++;
    }
    return end - index;
}

/* Where two lines are while they are walked along. */
struct walk {
    const struct line *then, *now;
    size_t i, k;
    bool after_number;
};

/* Another number of blanks, where it can come from the width of a number beside them. */
static bool pass_blanks(struct walk *walk)
{
    size_t i = walk->i + blanks_from(walk->then, walk->i);
    size_t k = walk->k + blanks_from(walk->now, walk->k);
    bool some = i > walk->i || k > walk->k;
    bool both = (i > walk->i && k > walk->k) || walk->i == 0 || walk->k == 0;
    bool before_number = tolerance_number_at(walk->then, i) > 0 && tolerance_number_at(walk->now, k) > 0;
    if (!some || !(before_number ? both : walk->after_number)) {
        return false;
    }
    walk->i = i;
    walk->k = k;
    walk->after_number = false;
    return true;
}

static bool pass_byte(struct walk *walk)
{
    if (walk->i == walk->then->length || walk->k == walk->now->length ||
        walk->then->text[walk->i] != walk->now->text[walk->k]) {
        return false;
    }
    walk->i++;
    walk->k++;
    walk->after_number = false;
    return true;
}

bool tolerance_lines_agree(const struct line *then, const struct line *now, const struct tolerance *tolerance,
                           uint64_t number, struct deviation *deviation, struct parting *ret_parting)
{
    struct walk walk = {.then = then, .now = now};
    struct parting parting = {0};
    while (walk.i < then->length || walk.k < now->length) {
        size_t a = tolerance_number_at(then, walk.i);
        size_t b = tolerance_number_at(now, walk.k);
        if (a > 0 && b > 0) {
            bool same_text = a == b && memcmp(then->text + walk.i, now->text + walk.k, a) == 0;
            if (!same_text && !is_close(&parting, tolerance, value_of(then, walk.i, a), value_of(now, walk.k, b))) {
                break;
            }
            if (!same_text) {
                note(deviation, &parting, number);
            }
            walk.i += a;
            walk.k += b;
            walk.after_number = true;
            parting.is_number = false;
        } else if (at(then, walk.i) == ' ' || at(now, walk.k) == ' ') {
            if (!pass_blanks(&walk) && !pass_byte(&walk)) {
                break;
            }
        } else if (!pass_byte(&walk)) {
            break;
        }
    }
    if (walk.i == then->length && walk.k == now->length) {
        return true;
    }
    parting.then_at = walk.i;
    parting.now_at = walk.k;
    *ret_parting = parting;
    return false;
}
