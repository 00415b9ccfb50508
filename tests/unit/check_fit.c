/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/fit: text within the lines of a terminal. */
#include "base/fit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "unit.h"

START_TEST(knows_how_wide_a_terminal_is)
{
    auto_fd int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    auto_fd int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    auto_fd int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct winsize size = {.ws_row = 24, .ws_col = 132};
    ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
    ck_assert_uint_eq(fit_width(slave), 132);
    size.ws_col = 0; /* as the terminals of some programs, that do not say */
    ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
    ck_assert_uint_eq(fit_width(slave), 80);
    size.ws_col = 3;
    ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
    ck_assert_uint_eq(fit_width(slave), 20);
    ck_assert_uint_eq(fit_width(file), 0);
}
END_TEST

static const struct {
    const char *text;
    unsigned places;
} places[] = {
    {"", 0}, {"abc", 3}, {"é", 1}, {"e\u0301", 1}, {"日本", 4}, {"😀", 2}, {"…", 1}, {"a\u200bb", 2}, {"\U00020000", 2},
};

START_TEST(counts_places)
{
    ck_assert_uint_eq(fit_places(places[_i].text), places[_i].places);
}
END_TEST

static const struct {
    const char *text;
    unsigned room;
    bool keep_end;
    const char *shown;
} cuts[] = {
    {"abc", 3, false, "abc"},
    {"abcd", 3, false, "ab…"},
    {"abcd", 3, true, "…cd"},
    {"abcd", 1, false, "…"},
    {"abcd", 1, true, "…"},
    {"日本語", 5, false, "日本…"},
    {"日本語", 4, false, "日…"},
    {"日本語", 4, true, "…語"},
    {"日本語", 6, true, "日本語"},
    {"", 1, false, ""},
    {"/a/b/c.txt", 7, true, "…/c.txt"},
};

START_TEST(cuts_at_whole_characters)
{
    auto_release(buf) struct buf line = {0};
    buf_add_text(&line, "> ");
    fit_cut(&line, cuts[_i].text, cuts[_i].room, cuts[_i].keep_end);
    ck_assert_str_eq(buf_text(&line) + 2, cuts[_i].shown);
    ck_assert_uint_le(fit_places(buf_text(&line) + 2), cuts[_i].room);
}
END_TEST

static const struct {
    unsigned width, indent;
    const char *text;
    const char *shown;
} folds[] = {
    {0, 4, "one two three", "one two three"},
    {20, 4, "one two three", "one two three"},
    {11, 4, "one two three", "one two\n    three"},
    {10, 4, "one two three", "one\n    two\n    three"},
    {6, 4, "one two three", "one\n    two\n    three"}, /* what is too wide alone stays whole */
    {20, 0, "", ""},
};

START_TEST(folds_at_spaces)
{
    auto_release(buf) struct buf line = {0};
    fit_text(&line, folds[_i].width, folds[_i].indent, folds[_i].text);
    ck_assert_str_eq(buf_text(&line), folds[_i].shown);
}
END_TEST

START_TEST(folds_a_command_as_a_shell_reads_it)
{
    auto_release(strlist) struct strlist words = {0};
    auto_release(buf) struct buf line = {0};
    strlist_add(&words, "tool");
    strlist_add(&words, "'a b'");
    strlist_add(&words, "last");
    fit_words(&line, 14, 2, &words, " \\");
    ck_assert_str_eq(buf_text(&line), "tool 'a b' \\\n  last");
    buf_clear(&line);
    fit_words(&line, 13, 2, &words, " \\"); /* the joint has to fit, too */
    ck_assert_str_eq(buf_text(&line), "tool \\\n  'a b' last");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fit");
    TCase *cases = tcase_create("Fit");
    tcase_add_test(cases, knows_how_wide_a_terminal_is);
    tcase_add_loop_test(cases, counts_places, 0, ROWS(places));
    tcase_add_loop_test(cases, cuts_at_whole_characters, 0, ROWS(cuts));
    tcase_add_loop_test(cases, folds_at_spaces, 0, ROWS(folds));
    tcase_add_test(cases, folds_a_command_as_a_shell_reads_it);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
