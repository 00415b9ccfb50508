/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/fetch_answer: header lines that are believed, and those that are not. The rest of it: tests/fetch. */
#include "supply/fetch_answer.h"

#include <string.h>

#include "base/auto.h"
#include "unit.h"

static int take(struct answer *answer, const char *line, size_t length)
{
    struct err err = {0};
    int result = answer_take_line(answer, line, length, &err);
    ck_assert((result == 0) == (err.kind == ERR_NONE));
    return result;
}

START_TEST(a_strong_tag_names_a_version)
{
    auto_release(answer) struct answer answer = {0};
    static const char *const lines[] = {"HTTP/1.1 200 OK\r\n", "ETag: W/\"weak\"\r\n", "etag: \"one\"\r\n"};
    for (size_t i = 0; i < ROWS(lines); i++) {
        ck_assert_ptr_null(answer_version(&answer));
        ck_assert_int_eq(take(&answer, lines[i], strlen(lines[i])), 0);
    }
    ck_assert_str_eq(answer_version(&answer), "\"one\"");
    ck_assert_int_eq(take(&answer, lines[0], strlen(lines[0])), 0); /* of another answer */
    ck_assert_ptr_null(answer_version(&answer));
}
END_TEST

/* Newer versions of libcurl refuse it before it comes here. */
START_TEST(a_nul_is_refused)
{
    static const char line[] = "ETag: \"a\0b\"\r\n";
    struct err err = {0};
    auto_release(answer) struct answer answer = {0};
    ck_assert_int_eq(answer_take_line(&answer, line, sizeof(line) - 1, &err), -1);
    assert_error(&err, ERR_NETWORK, "sends a NUL byte in a header");
    ck_assert_ptr_null(answer.etag);
}
END_TEST

START_TEST(the_rest_is_what_was_asked_for)
{
    static const char *const right[] = {"Content-Range: bytes 100-199/200\r\n", "Content-Range: BYTES 100-199/*\r\n"};
    static const char *const wrong[] = {"Content-Range: bytes 99-199/200\r\n",  "Content-Range: bytes 100-198/200\r\n",
                                        "Content-Range: bytes 100-199/300\r\n", "Content-Range: lines 100-199/200\r\n",
                                        "Content-Range: bytes 199-100/200\r\n", "Content-Range: bytes */200\r\n"};
    for (size_t i = 0; i < ROWS(right) + ROWS(wrong); i++) {
        auto_release(answer) struct answer answer = {0};
        const char *line = i < ROWS(right) ? right[i] : wrong[i - ROWS(right)];
        ck_assert_int_eq(take(&answer, line, strlen(line)), 0);
        ck_assert_msg(answer_is_rest(&answer, 100, 200) == (i < ROWS(right)), "%s", line);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fetch_answer");
    TCase *group = tcase_create("fetch_answer");
    tcase_add_test(group, a_strong_tag_names_a_version);
    tcase_add_test(group, a_nul_is_refused);
    tcase_add_test(group, the_rest_is_what_was_asked_for);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
