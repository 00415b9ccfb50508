/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/tolerance: what a number is, and which lines agree but for numbers. */
#include "run/tolerance.h"

#include <math.h>

#include "unit.h"

static struct line line_of(const char *text)
{
    return (struct line){.text = text, .length = strlen(text)};
}

/* The number at `at` has this many bytes; 0: there is none. */
static const struct {
    const char *text;
    size_t at, length;
} numbers[] = {
    {"1", 0, 1},
    {"-1.5e-10,", 0, 8},
    {"+.5", 0, 3},
    {"1.", 0, 2},
    {"1. Then", 0, 2},
    {"x=1.5", 2, 3},
    {"\"a\":1.5}", 4, 3},
    {"a:1.5", 2, 3},
    {"[1,2]", 3, 1},
    {"(-2)", 1, 2},
    {"12%", 0, 2},
    {"3 - 4", 4, 1},
    {"1e5", 0, 3},
    {"1E+05", 0, 5},
    {"0012", 0, 4},
    /* parts of something else */
    {"chr1", 3, 0},
    {"chr1:100-200", 5, 0},
    {"1.11.2", 0, 0},
    {"1.11.2", 2, 0},
    {"2026-11-23", 0, 0},
    {"2026-11-23", 4, 0},
    {"2026-11-23", 5, 0},
    {"12:30:01", 0, 0},
    {"12:30:01", 3, 0},
    {"1/2", 0, 0},
    {"1/2", 2, 0},
    {"3f9a", 0, 0},
    {"1e", 0, 0},
    {"1e+", 0, 0},
    {"0x10", 0, 0},
    {"5_a", 0, 0},
    {"5\xc3\xa4", 0, 0},
    {"-", 0, 0},
    {".", 0, 0},
    {"-.e5", 0, 0},
    {"", 0, 0},
    {"0000000000000000000000000000000000000000000000000000000000000000", 0, 0},
};

START_TEST(knows_a_number_that_stands_by_itself)
{
    struct line line = line_of(numbers[_i].text);
    size_t length = tolerance_number_at(&line, numbers[_i].at);
    ck_assert_msg(length == numbers[_i].length, "'%s' at %zu: %zu", numbers[_i].text, numbers[_i].at, length);
}
END_TEST

static const struct {
    const char *then, *now;
    double rtol, atol;
    unsigned numbers;
    double absolute;
} agreeing[] = {
    {"a,1.0,b", "a,1.0,b", 0, 1e-9, 0, 0},
    {"a,1.0,b", "a,1.00,b", 0, 1e-9, 1, 0},
    {"a,1.0,b", "a,1.5,b", 0, 0.5, 1, 0.5},
    {"1.0 2.0", "1.1 2.2", 0.11, 0, 2, 0.2},
    {"100", "101", 0.01, 0, 1, 1},
    {"100", "102", 0.01, 1, 1, 2},
    {"-1e3", "-1000.5", 1e-3, 0, 1, 0.5},
    {"  9.99 x", " 10.01 x", 0, 0.1, 1, 0.02},
    {"9.99   x", "10.01  x", 0, 0.1, 1, 0.02},
    {"{\"a\": [1, 2.5]}", "{\"a\": [1, 2.5000001]}", 1e-6, 0, 1, 1e-7},
    {"12345678901234567890", "12345678901234567891", 0, 1, 1, 1},
    {"1", "1 ", 0, 1, 0, 0},
    {"", "", 0, 1, 0, 0},
};

START_TEST(lines_that_agree)
{
    const struct tolerance tolerance = {.rtol = agreeing[_i].rtol, .atol = agreeing[_i].atol};
    struct line then = line_of(agreeing[_i].then);
    struct line now = line_of(agreeing[_i].now);
    struct deviation deviation = {0};
    struct parting untouched = {.then_at = 77};
    ck_assert(tolerance_lines_agree(&then, &now, &tolerance, 3, &deviation, &untouched));
    ck_assert_uint_eq(untouched.then_at, 77);
    ck_assert_uint_eq(deviation.numbers, agreeing[_i].numbers);
    ck_assert(fabsl(deviation.absolute - agreeing[_i].absolute) < 1e-9L);
    ck_assert_uint_eq(deviation.line, agreeing[_i].numbers > 0 ? 3 : 0);
}
END_TEST

static const struct {
    const char *then, *now;
    double rtol, atol;
    size_t then_at, now_at;
    bool is_number;
} parting[] = {
    {"a,1.0,b", "a,1.6,b", 0, 0.5, 2, 2, true},
    {"0", "1e-300", 1, 0, 0, 0, true},
    {"1 x", "1 y", 1, 1, 2, 2, false},
    {"1.5 x", "1.25  y", 1, 1, 4, 6, false},
    {"1", "nan", 1, 1, 0, 0, false},
    {"1", "", 1, 1, 0, 0, false},
    {"a b", "a  b", 1, 1, 2, 2, false},
    {"a 1", "a1", 1, 1, 1, 1, false},
    {"1e9999", "2e9999", 1, 1, 0, 0, true},
    {"chr1", "chr2", 1, 1, 3, 3, false},
    {"2026-11-23", "2026-11-24", 1, 1, 9, 9, false},
    {"1.11.2", "1.11.3", 1, 1, 5, 5, false},
    {"1,5", "1;5", 1, 1, 1, 1, false},
};

START_TEST(lines_that_part)
{
    const struct tolerance tolerance = {.rtol = parting[_i].rtol, .atol = parting[_i].atol};
    struct line then = line_of(parting[_i].then);
    struct line now = line_of(parting[_i].now);
    struct deviation deviation = {0};
    struct parting found = {0};
    ck_assert(!tolerance_lines_agree(&then, &now, &tolerance, 1, &deviation, &found));
    ck_assert_uint_eq(found.then_at, parting[_i].then_at);
    ck_assert_uint_eq(found.now_at, parting[_i].now_at);
    ck_assert(found.is_number == parting[_i].is_number);
}
END_TEST

START_TEST(the_largest_deviation_is_kept)
{
    static const char *const rows[][2] = {{"1.0", "1.1"}, {"1000", "1001"}, {"0", "0.001"}, {"2", "2.01"}};
    struct deviation deviation = {0};
    struct parting ignored;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct line then = line_of(rows[i][0]);
        struct line now = line_of(rows[i][1]);
        ck_assert(tolerance_lines_agree(&then, &now, NULL, i + 1, &deviation, &ignored));
    }
    ck_assert_uint_eq(deviation.numbers, 4);
    ck_assert(deviation.absolute == 1 && isinf(deviation.relative));
    ck_assert_uint_eq(deviation.line, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tolerance");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, knows_a_number_that_stands_by_itself, 0, ROWS(numbers));
    tcase_add_loop_test(core, lines_that_agree, 0, ROWS(agreeing));
    tcase_add_loop_test(core, lines_that_part, 0, ROWS(parting));
    tcase_add_test(core, the_largest_deviation_is_kept);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
