/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tolerance: two lines of text that differ in nothing but numbers, and in those by no more than asked.
 *
 * A number is written in decimal, with a fraction and an exponent if there are any, and stands by itself: not part of a
 * word (chr1, 3f9a), of a version (1.11.2), a date (2026-11-23), a time (12:30:01) or a fraction (1/2). Two numbers are
 * close when |now - then| <= atol + rtol * |then|. Blanks beside a number may be more or fewer: columns are filled up
 * with them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tolerance {
    double rtol, atol; /* both 0: numbers are text */
};

/* What was found so far, over all lines of a file. */
struct deviation {
    uint64_t numbers;     /* how many differed as text */
    long double absolute; /* the largest */
    long double relative; /* the largest; infinite beside a 0 */
    uint64_t line; /* of the then file, where the largest is: by `relative`, or `absolute` where that is infinite */
};

/* Where two lines part. */
struct parting {
    size_t then_at, now_at; /* bytes before it */
    bool is_number;         /* at both places is a number: they are `absolute` and `relative` apart */
    long double absolute;
    long double relative;
};

struct line {
    const char *text; /* not terminated */
    size_t length;
};

/* True when the lines agree within the tolerance; *deviation grows by what was passed over, as being in line `number`.
 * False with the first place where they do not. With a NULL tolerance any two numbers are close. */
bool tolerance_lines_agree(const struct line *then, const struct line *now, const struct tolerance *tolerance,
                           uint64_t number, struct deviation *deviation, struct parting *ret_parting);

/* The length of the number at `at`, 0 when there is none. */
size_t tolerance_number_at(const struct line *line, size_t at);
