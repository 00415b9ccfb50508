/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/strset: what was added is in it, and nothing else, at any size. */
#include "base/strset.h"

#include "unit.h"

START_TEST(knows_what_was_added)
{
    struct strset set = {0};
    char text[32];
    for (int i = 0; i < _i; i++) {
        snprintf(text, sizeof(text), "path/%d", i);
        ck_assert(strset_add(&set, text));
    }
    for (int i = 0; i < _i; i++) {
        snprintf(text, sizeof(text), "path/%d", i);
        ck_assert(strset_has(&set, text));
        ck_assert(!strset_add(&set, text));
    }
    ck_assert(!strset_has(&set, "path"));
    ck_assert_uint_eq(set.count, (unsigned)_i);
    ck_assert(strset_add(&set, ""));
    ck_assert(!strset_add(&set, ""));
    strset_release(&set);
    strset_release(&set);
}
END_TEST

static Suite *strset_suite(void)
{
    Suite *suite = suite_create("strset");
    TCase *add = tcase_create("add");
    tcase_add_loop_test(add, knows_what_was_added, 0, 300);
    suite_add_tcase(suite, add);
    return suite;
}

int main(void)
{
    return unit_run(strset_suite());
}
