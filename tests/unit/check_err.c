/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/err: what a failure says, how it grows upward, and the exit status it becomes. */
#include <errno.h>
#include <limits.h>

#include "unit.h"

START_TEST(sets_kind_and_text)
{
    struct err err = {0};
    ck_assert_int_eq(err_set(&err, ERR_MISMATCH, "blob '%s'", "abc"), -1);
    assert_error(&err, ERR_MISMATCH, "blob 'abc'");
    ck_assert_int_eq(err.saved_errno, 0);
}
END_TEST

START_TEST(describes_errno)
{
    struct err err = {0};
    ck_assert_int_eq(err_set_errno(&err, ERR_SYSTEM, EACCES, "open '%s'", "x"), -1);
    ck_assert_str_eq(err.text, "open 'x': Permission denied");
    ck_assert_int_eq(err.saved_errno, EACCES);
}
END_TEST

static const int full_errnos[] = {ENOSPC, EDQUOT};

START_TEST(names_a_way_out_when_space_is_gone)
{
    struct err err = {0};
    err_set_errno(&err, ERR_SYSTEM, full_errnos[_i], "write 'x'");
    assert_error(&err, ERR_SYSTEM, "SCIWRAP_TMPDIR");
}
END_TEST

START_TEST(wraps_with_context)
{
    struct err err = {0};
    err_set(&err, ERR_INVALID, "entry 7");
    ck_assert_int_eq(err_wrap(&err, "unpack '%s'", "r-4.3"), -1);
    ck_assert_str_eq(err.text, "unpack 'r-4.3': entry 7");
    ck_assert_int_eq(err.kind, ERR_INVALID);
}
END_TEST

START_TEST(escapes_what_would_drive_a_terminal)
{
    struct err err = {0};
    err_set(&err, ERR_INVALID, "name '%s'", "a\x1b[2Jb\nc");
    ck_assert_str_eq(err.text, "name 'a\\x1b[2Jb\\nc'");
    err_wrap(&err, "%s", "\x9b");
    ck_assert_str_eq(err.text, "\\x9b: name 'a\\x1b[2Jb\\nc'");
}
END_TEST

START_TEST(cuts_a_text_that_does_not_fit)
{
    static char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    struct err err = {0};
    err_set(&err, ERR_INVALID, "%s", text);
    ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
    for (int i = 0; i < 5; i++) {
        err_wrap(&err, "%s", text);
        ck_assert_uint_eq(strnlen(err.text, sizeof(err.text)), sizeof(err.text) - 1);
    }
    err_set_errno(&err, ERR_SYSTEM, ENOSPC, "%s", text);
    ck_assert_uint_lt(strnlen(err.text, sizeof(err.text)), sizeof(err.text));
}
END_TEST

START_TEST(fits_in_one_atomic_pipe_write)
{
    ck_assert_uint_le(sizeof(struct err), PIPE_BUF);
}
END_TEST

static const struct {
    enum err_kind kind;
    int code;
} exit_codes[] = {
    {ERR_NONE, 0},      {ERR_USAGE, 125}, {ERR_NOT_FOUND, 125}, {ERR_INVALID, 125},        {ERR_MISMATCH, 125},
    {ERR_NETWORK, 125}, {ERR_HOST, 125},  {ERR_SYSTEM, 125},    {ERR_COMMAND_DENIED, 126}, {ERR_COMMAND_ABSENT, 127},
};

START_TEST(becomes_the_documented_exit_status)
{
    struct err err = {.kind = exit_codes[_i].kind};
    ck_assert_int_eq(err_exit_code(&err), exit_codes[_i].code);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("err");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, sets_kind_and_text);
    tcase_add_test(core, describes_errno);
    tcase_add_loop_test(core, names_a_way_out_when_space_is_gone, 0, ROWS(full_errnos));
    tcase_add_test(core, wraps_with_context);
    tcase_add_loop_test(core, becomes_the_documented_exit_status, 0, ROWS(exit_codes));
    suite_add_tcase(suite, core);
    TCase *limits = tcase_create("Limits");
    tcase_add_test(limits, escapes_what_would_drive_a_terminal);
    tcase_add_test(limits, cuts_a_text_that_does_not_fit);
    tcase_add_test(limits, fits_in_one_atomic_pipe_write);
    suite_add_tcase(suite, limits);
    return unit_run(suite);
}
