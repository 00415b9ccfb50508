/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/text: escaping, UTF-8, numbers and suggestions. */
#include "base/text.h"

#include "unit.h"

static const struct {
    const char *from, *shown;
} escapes[] = {
    {"plain", "plain"},
    {"", ""},
    {"a\nb\tc", "a\\nb\\x09c"},
    {"\x1b[31mred", "\\x1b[31mred"},
    {"\x7f", "\\x7f"},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"\xc2\x9b", "\\x9b"},      /* CSI as a C1 control in UTF-8 */
    {"\xff\xfe", "\\xff\\xfe"}, /* not UTF-8 */
    {"\xe2\x80\xae"
     "fdp",
     "\\u{202e}fdp"}, /* right-to-left override makes names read as others */
    {"\xe2\x81\xa6x", "\\u{2066}x"},
};

START_TEST(makes_controls_visible)
{
    char shown[64];
    text_escape(shown, sizeof(shown), escapes[_i].from, strlen(escapes[_i].from));
    ck_assert_str_eq(shown, escapes[_i].shown);
}
END_TEST

START_TEST(cuts_at_a_whole_character)
{
    char shown[4];
    text_escape(shown, sizeof(shown), "ab\xc3\xbc", 4);
    ck_assert_str_eq(shown, "ab"); /* the two bytes and the terminator need 5 */
    text_escape(shown, 1, "ab", 2);
    ck_assert_str_eq(shown, "");
}
END_TEST

START_TEST(shows_a_nul_byte)
{
    char shown[16];
    text_escape(shown, sizeof(shown), "a\0b", 3);
    ck_assert_str_eq(shown, "a\\x00b");
}
END_TEST

static const char *const utf8_accepted[] = {
    "",
    "ascii",
    "\xc2\x80",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xed\x9f\xbf",
    "\xef\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",
};

static const char *const utf8_refused[] = {
    "\x80",             /* continuation without a lead */
    "\xc0\xaf",         /* overlong '/' */
    "\xe0\x80\xaf",     /* the same in three bytes */
    "\xf0\x80\x80\xaf", /* and in four */
    "\xed\xa0\x80",     /* surrogate */
    "\xf4\x90\x80\x80", /* above U+10FFFF */
    "\xf8\x88\x80\x80\x80",
    "\xc3", /* cut */
    "\xe2\x82",
    "\xf0\x9f\x98",
    "a\xff",
};

START_TEST(accepts_utf8)
{
    ck_assert(text_is_utf8(utf8_accepted[_i], strlen(utf8_accepted[_i])));
}
END_TEST

START_TEST(refuses_what_is_not_utf8)
{
    ck_assert(!text_is_utf8(utf8_refused[_i], strlen(utf8_refused[_i])));
}
END_TEST

static const struct {
    const char *text;
    uint64_t least, most, value;
} numbers_accepted[] = {
    {"0", 0, 10, 0},
    {"10", 0, 10, 10},
    {"007", 0, 10, 7},
    {"18446744073709551615", 0, UINT64_MAX, UINT64_MAX},
    {"4294967296", 0, UINT64_MAX, 4294967296},
};

static const struct {
    const char *text;
    uint64_t least, most;
} numbers_refused[] = {
    {"", 0, 10},
    {"11", 0, 10},
    {"4", 5, 10},
    {"-1", 0, UINT64_MAX},
    {"+1", 0, UINT64_MAX},
    {" 1", 0, UINT64_MAX},
    {"1 ", 0, UINT64_MAX},
    {"1abc", 0, UINT64_MAX},
    {"0x10", 0, UINT64_MAX},
    {"1.0", 0, UINT64_MAX},
    {"18446744073709551616", 0, UINT64_MAX},
    {"99999999999999999999999999", 0, UINT64_MAX},
};

START_TEST(reads_numbers)
{
    uint64_t value = 77;
    ck_assert(text_to_u64(numbers_accepted[_i].text, numbers_accepted[_i].least, numbers_accepted[_i].most, &value));
    ck_assert_uint_eq(value, numbers_accepted[_i].value);
}
END_TEST

START_TEST(refuses_numbers_and_leaves_the_result_alone)
{
    uint64_t value = 77;
    ck_assert(!text_to_u64(numbers_refused[_i].text, numbers_refused[_i].least, numbers_refused[_i].most, &value));
    ck_assert_uint_eq(value, 77);
}
END_TEST

static const struct {
    const char *text;
    double value;
} reals_accepted[] = {
    {"0", 0}, {"1", 1}, {"0.5", 0.5}, {".5", 0.5}, {"5.", 5}, {"1e-9", 1e-9}, {"1E+2", 100}, {"2.5e2", 250},
};

static const char *const reals_refused[] = {
    "", ".", "-1", "+1", " 1", "1 ", "1e", "1e+", "e5", "0x1p3", "nan", "inf", "1,5", "1.5.2", "1e999", "1001",
};

START_TEST(reads_real_numbers)
{
    double value = 77;
    ck_assert(text_to_real(reals_accepted[_i].text, 0, 1000, &value));
    ck_assert(value == reals_accepted[_i].value);
}
END_TEST

START_TEST(refuses_what_is_no_real_number)
{
    double value = 77;
    ck_assert_msg(!text_to_real(reals_refused[_i], 0, 1000, &value), "'%s'", reals_refused[_i]);
    ck_assert(value == 77);
}
END_TEST

START_TEST(suggests_only_what_a_typing_mistake_explains)
{
    static const char *const known[] = {"description", "command", "url", "sha256", "size", NULL};
    ck_assert_str_eq(text_nearest("comand", known), "command");
    ck_assert_str_eq(text_nearest("desciption", known), "description");
    ck_assert_str_eq(text_nearest("url", known), "url");
    ck_assert_str_eq(text_nearest("sha265", known), "sha256");
    ck_assert_ptr_null(text_nearest("colour", known));
    ck_assert_ptr_null(text_nearest("xyz", known));
    ck_assert_ptr_null(text_nearest("", known));
}
END_TEST

START_TEST(says_what_was_meant)
{
    static const char *const known[] = {"samtools-1.11", "samtools-1.16", "python-3.9", "host", NULL};
    static const char *const many[] = {"tool-1", "tool-2", "tool-3", "tool-4", "tool-5", NULL};
    char meant[TEXT_MEANT];
    ck_assert(text_meant(meant, "hots", known));
    ck_assert_str_eq(meant, "; did you mean 'host'?");
    ck_assert(text_meant(meant, "samtools", known));
    ck_assert_str_eq(meant, "; did you mean 'samtools-1.11' or 'samtools-1.16'?");
    ck_assert(text_meant(meant, "pyt", known));
    ck_assert_str_eq(meant, "; did you mean 'python-3.9'?");
    ck_assert(!text_meant(meant, "xyz", known));
    ck_assert_str_eq(meant, "");
    ck_assert(!text_meant(meant, "too", many));
}
END_TEST

START_TEST(compares_no_word_longer_than_its_table)
{
    static const char *const known[] = {"command", NULL};
    static char longest[10000];
    memset(longest, 'c', sizeof(longest) - 1);
    ck_assert_ptr_null(text_nearest(longest, known));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *escape = tcase_create("Escape");
    tcase_add_loop_test(escape, makes_controls_visible, 0, ROWS(escapes));
    tcase_add_test(escape, cuts_at_a_whole_character);
    tcase_add_test(escape, shows_a_nul_byte);
    tcase_add_loop_test(escape, accepts_utf8, 0, ROWS(utf8_accepted));
    tcase_add_loop_test(escape, refuses_what_is_not_utf8, 0, ROWS(utf8_refused));
    suite_add_tcase(suite, escape);
    TCase *words = tcase_create("Words");
    tcase_add_loop_test(words, reads_numbers, 0, ROWS(numbers_accepted));
    tcase_add_loop_test(words, refuses_numbers_and_leaves_the_result_alone, 0, ROWS(numbers_refused));
    tcase_add_loop_test(words, reads_real_numbers, 0, ROWS(reals_accepted));
    tcase_add_loop_test(words, refuses_what_is_no_real_number, 0, ROWS(reals_refused));
    tcase_add_test(words, says_what_was_meant);
    tcase_add_test(words, suggests_only_what_a_typing_mistake_explains);
    tcase_add_test(words, compares_no_word_longer_than_its_table);
    suite_add_tcase(suite, words);
    return unit_run(suite);
}
