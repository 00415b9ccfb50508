/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/strlist: a list of strings that can be an argv. */
#include "base/strlist.h"

#include "base/mem.h"
#include "unit.h"

START_TEST(is_an_argv_at_every_length)
{
    auto_release(strlist) struct strlist list = {0};
    ck_assert_ptr_null(strlist_items(&list)[0]);
    for (size_t i = 0; i < 1000; i++) {
        strlist_addf(&list, "argument %zu", i);
        ck_assert_uint_eq(list.count, i + 1);
        ck_assert_ptr_null(strlist_items(&list)[list.count]);
    }
    ck_assert_str_eq(list.item[999], "argument 999");
}
END_TEST

START_TEST(sorts_by_bytes_in_any_locale)
{
    auto_release(strlist) struct strlist list = {0};
    static const char *const words[] = {"b", "a", "B", "\xc3\xa4", "a", "_", "10", "9"};
    static const char *const sorted[] = {"10", "9", "B", "_", "a", "a", "b", "\xc3\xa4"};
    strlist_sort(&list);
    for (size_t i = 0; i < ROWS(words); i++) {
        strlist_add(&list, words[i]);
    }
    strlist_sort(&list);
    for (size_t i = 0; i < ROWS(sorted); i++) {
        ck_assert_str_eq(list.item[i], sorted[i]);
    }
}
END_TEST

START_TEST(owns_what_it_took)
{
    struct strlist list = {0};
    strlist_take(&list, xstrdup("given"));
    ck_assert(strlist_has(&list, "given"));
    ck_assert(!strlist_has(&list, "give"));
    ck_assert(!strlist_has(&list, ""));
    strlist_release(&list);
    ck_assert(!strlist_has(&list, "given"));
    strlist_release(&list);
}
END_TEST

START_TEST(finds_what_a_name_is)
{
    struct strlist list = {0};
    ck_assert_ptr_null(strlist_value(NULL, "A"));
    ck_assert_ptr_null(strlist_value(strlist_items(&list), "A"));
    strlist_add(&list, "AB=2");
    strlist_add(&list, "A");
    strlist_add(&list, "A=1=x");
    strlist_add(&list, "B=");
    ck_assert_str_eq(strlist_value(strlist_items(&list), "A"), "1=x");
    ck_assert_str_eq(strlist_value(strlist_items(&list), "B"), "");
    ck_assert_ptr_null(strlist_value(strlist_items(&list), "C"));
    strlist_release(&list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strlist");
    TCase *core = tcase_create("Core");
    tcase_add_test(core, is_an_argv_at_every_length);
    tcase_add_test(core, sorts_by_bytes_in_any_locale);
    tcase_add_test(core, owns_what_it_took);
    tcase_add_test(core, finds_what_a_name_is);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
