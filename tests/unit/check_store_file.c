/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of supply/store_file: one text for the same environment, and no other text accepted. */
#include "supply/store_file.h"

#include "unit.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define HEAD "sciwrap-environment 1\nname r-4.3\ndefinition " A " 200\n"

static const char *const accepted[] = {
    HEAD "blob " B " 0\n",
    HEAD "blob " B " 9223372036854775807\n",
    HEAD "blob " B " 17\nblob " A " 1\n",
    "sciwrap-environment 1\nname x\ndefinition " A " 1048576\nblob " B " 1\n",
};

static const char *const refused[] = {
    "",
    HEAD,
    HEAD "blob " B " 1",
    HEAD "blob " B " 01\n",
    HEAD "blob " B " -1\n",
    HEAD "blob " B " 9223372036854775808\n",
    HEAD "blob " B "\n",
    HEAD "blob " B "  1\n",
    HEAD "blob ../" A " 1\n",
    HEAD "blob " B " 1\n\n",
    HEAD "blob " B " 1\nnote x\n",
    HEAD "blob " B " 1\r\n",
    "sciwrap-environment 2\nname x\ndefinition " A " 200\nblob " B " 1\n",
    "sciwrap-environment 1\nname ../x\ndefinition " A " 200\nblob " B " 1\n",
    "sciwrap-environment 1\nname \ndefinition " A " 200\nblob " B " 1\n",
    "sciwrap-environment 1\nname x\ndefinition " A " 1048577\nblob " B " 1\n",
    "sciwrap-environment 1\ndefinition " A " 200\nname x\nblob " B " 1\n",
    "sciwrap-environment 1\nname x\nblob " B " 1\n",
};

START_TEST(accepts)
{
    struct store_file file;
    struct err err = {0};
    auto_release(buf) struct buf again = {0};
    ck_assert_msg(store_file_parse(&file, accepted[_i], strlen(accepted[_i]), &err) == 0, "%s", err.text);
    store_file_format(&file, &again);
    ck_assert_str_eq(buf_text(&again), accepted[_i]);
    store_file_release(&file);
}
END_TEST

START_TEST(refuses)
{
    struct store_file file;
    struct err err = {0};
    ck_assert_int_eq(store_file_parse(&file, refused[_i], strlen(refused[_i]), &err), -1);
    assert_error(&err, ERR_INVALID, "list of contents");
}
END_TEST

START_TEST(refuses_what_follows_a_zero_byte)
{
    static const char text[] = HEAD "blob " B " 1\n\0blob";
    struct store_file file;
    struct err err = {0};
    ck_assert_int_eq(store_file_parse(&file, text, sizeof(text), &err), -1);
    assert_error(&err, ERR_INVALID, "list of contents");
}
END_TEST

static Suite *store_file_suite(void)
{
    Suite *suite = suite_create("store_file");
    TCase *tcase = tcase_create("list");
    tcase_add_loop_test(tcase, accepts, 0, ROWS(accepted));
    tcase_add_loop_test(tcase, refuses, 0, ROWS(refused));
    tcase_add_test(tcase, refuses_what_follows_a_zero_byte);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return unit_run(store_file_suite());
}
