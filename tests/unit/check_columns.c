/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/columns: a table as text. */
#include "base/columns.h"

#include "base/fit.h"
#include "unit.h"

static const struct column columns[] = {
    {.title = "ID", .digits = true},
    {.title = "STARTED", .brief = 5},
    {.title = "SIZE", .right = true, .spared = 2},
    {.title = "NS", .spared = 1},
    {.title = "FILE", .least = 6, .keep_end = true},
    {.title = "COMMAND", .least = 8},
    {0},
};

static struct columns sample(void)
{
    static const char *const cells[] = {
        "0123456789ab",   "12:30:59",     "1.0 kB",   "4026",  "a/long/path/to.txt",
        "sh -c 'echo a'", "0123456789cd", "12:31:00", "900 B", "4027",
        "b.txt",          "cat",
    };
    struct columns table = columns_of(columns);
    for (size_t i = 0; i < ROWS(cells); i++) {
        columns_add(&table, cells[i]);
    }
    return table;
}

static const struct {
    unsigned width;
    const char *shown;
} widths[] = {
    {0, "ID            STARTED     SIZE  NS    FILE                COMMAND\n"
        "0123456789ab  12:30:59  1.0 kB  4026  a/long/path/to.txt  sh -c 'echo a'\n"
        "0123456789cd  12:31:00   900 B  4027  b.txt               cat\n"},
    /* As wide as it is. */
    {72, "ID            STARTED     SIZE  NS    FILE                COMMAND\n"
         "0123456789ab  12:30:59  1.0 kB  4026  a/long/path/to.txt  sh -c 'echo a'\n"
         "0123456789cd  12:31:00   900 B  4027  b.txt               cat\n"},
    /* Digits as many as tell the two apart; times without seconds. */
    {71, "ID           STARTED    SIZE  NS    FILE                COMMAND\n"
         "0123456789a  12:30    1.0 kB  4026  a/long/path/to.txt  sh -c 'echo a'\n"
         "0123456789c  12:31     900 B  4027  b.txt               cat\n"},
    /* The widest is cut; of a path the beginning. */
    {66, "ID           STARTED    SIZE  NS    FILE            COMMAND\n"
         "0123456789a  12:30    1.0 kB  4026  …g/path/to.txt  sh -c 'echo a'\n"
         "0123456789c  12:31     900 B  4027  b.txt           cat\n"},
    /* What can be spared is left out, in its order. */
    {48, "ID           STARTED    SIZE  FILE      COMMAND\n"
         "0123456789a  12:30    1.0 kB  …/to.txt  sh -c '…\n"
         "0123456789c  12:31     900 B  b.txt     cat\n"},
    {40, "ID           STARTED  FILE      COMMAND\n"
         "0123456789a  12:30    …/to.txt  sh -c '…\n"
         "0123456789c  12:31    b.txt     cat\n"},
    /* And at last everything. */
    {24, "ID           STARTED  F…\n"
         "0123456789a  12:30    ……\n"
         "0123456789c  12:31    b…\n"},
};

START_TEST(is_no_wider_than_the_terminal)
{
    auto_release(columns) struct columns table = sample();
    auto_release(buf) struct buf text = {0};
    columns_text(&table, widths[_i].width, &text);
    ck_assert_str_eq(buf_text(&text), widths[_i].shown);
}
END_TEST

START_TEST(is_never_wider)
{
    auto_release(columns) struct columns table = sample();
    for (unsigned width = 20; width <= 100; width++) {
        auto_release(buf) struct buf text = {0};
        columns_text(&table, width, &text);
        for (char *line = strtok(text.bytes, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            ck_assert_uint_le(fit_places(line), width);
        }
    }
}
END_TEST

START_TEST(escapes_every_text)
{
    static const struct column two[] = {{.title = "A"}, {.title = "B"}, {0}};
    auto_release(columns) struct columns table = columns_of(two);
    auto_release(buf) struct buf text = {0};
    columns_add(&table, "x\ny\033[1m");
    columns_addf(&table, "%d\t", 5);
    columns_add(&table, NULL);
    columns_add(&table, "");
    columns_text(&table, 0, &text);
    ck_assert_str_eq(buf_text(&text), "A            B\nx\\ny\\x1b[1m  5\\x09\n-\n");
}
END_TEST

START_TEST(is_nothing_without_rows)
{
    static const struct column one[] = {{.title = "A"}, {0}};
    auto_release(columns) struct columns table = columns_of(one);
    auto_release(buf) struct buf text = {0};
    columns_text(&table, 80, &text);
    ck_assert_str_eq(buf_text(&text), "");
}
END_TEST

START_TEST(shows_what_is_hidden_nowhere)
{
    static const struct column two[] = {{.title = "A", .hidden = true}, {.title = "B"}, {0}};
    auto_release(columns) struct columns table = columns_of(two);
    auto_release(buf) struct buf text = {0};
    columns_add(&table, "one");
    columns_add(&table, "two");
    columns_text(&table, 0, &text);
    ck_assert_str_eq(buf_text(&text), "B\ntwo\n");
}
END_TEST

START_TEST(shortens_equal_digits_as_others)
{
    static const struct column two[] = {{.title = "ID", .digits = true}, {.title = "COMMAND", .least = 5}, {0}};
    auto_release(columns) struct columns table = columns_of(two);
    auto_release(buf) struct buf text = {0};
    for (int i = 0; i < 3; i++) {
        columns_add(&table, i == 1 ? "-" : "0123456789ab");
        columns_add(&table, "a command");
    }
    columns_text(&table, 20, &text);
    ck_assert_str_eq(buf_text(&text), "ID       COMMAND\n0123456  a command\n-        a command\n0123456  a command\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("columns");
    TCase *cases = tcase_create("Columns");
    tcase_add_loop_test(cases, is_no_wider_than_the_terminal, 0, ROWS(widths));
    tcase_add_test(cases, is_never_wider);
    tcase_add_test(cases, escapes_every_text);
    tcase_add_test(cases, is_nothing_without_rows);
    tcase_add_test(cases, shows_what_is_hidden_nowhere);
    tcase_add_test(cases, shortens_equal_digits_as_others);
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
