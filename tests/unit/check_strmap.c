/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of base/strmap: each text leads to the last value that was put there, at any size. */
#include "base/strmap.h"

#include "unit.h"

static char values[1000];

/* Around where the table grows. */
static const int sizes[] = {0, 1, 2, 47, 48, 49, 95, 96, 97, 1000};

START_TEST(leads_to_what_was_put)
{
    const int count = sizes[_i];
    struct strmap map = {0};
    char text[32];
    ck_assert_ptr_null(strmap_get(&map, ""));
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "path/%d", i);
        strmap_put(&map, text, &values[i]);
    }
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "path/%d", i);
        ck_assert_ptr_eq(strmap_get(&map, text), &values[i]);
    }
    ck_assert_ptr_null(strmap_get(&map, "path/"));
    snprintf(text, sizeof(text), "path/%d", count);
    ck_assert_ptr_null(strmap_get(&map, text));
    ck_assert_uint_eq(map.count, (unsigned)count);
    strmap_release(&map);
    strmap_release(&map);
}
END_TEST

START_TEST(the_last_value_counts)
{
    struct strmap map = {0};
    char text[] = "key";
    strmap_put(&map, text, &values[1]);
    text[0] = 'K'; /* the map has its own copy */
    strmap_put(&map, "key", &values[2]);
    ck_assert_ptr_eq(strmap_get(&map, "key"), &values[2]);
    ck_assert_ptr_null(strmap_get(&map, text));
    ck_assert_uint_eq(map.count, 1);
    strmap_put(&map, "", &values[3]);
    strmap_put(&map, "\xff\n", &values[4]);
    ck_assert_ptr_eq(strmap_get(&map, ""), &values[3]);
    ck_assert_ptr_eq(strmap_get(&map, "\xff\n"), &values[4]);
    strmap_release(&map);
}
END_TEST

START_TEST(cleared_is_empty_and_can_be_filled_again)
{
    struct strmap map = {0};
    strmap_clear(&map);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            char text[32];
            snprintf(text, sizeof(text), "%d/%d", round, i);
            strmap_put(&map, text, &values[i]);
        }
        ck_assert_uint_eq(map.count, 100);
        strmap_clear(&map);
        ck_assert_uint_eq(map.count, 0);
        ck_assert_ptr_null(strmap_get(&map, "0/1"));
    }
    strmap_release(&map);
}
END_TEST

static Suite *strmap_suite(void)
{
    Suite *suite = suite_create("strmap");
    TCase *put = tcase_create("put");
    tcase_add_loop_test(put, leads_to_what_was_put, 0, ROWS(sizes));
    tcase_add_test(put, the_last_value_counts);
    tcase_add_test(put, cleared_is_empty_and_can_be_filled_again);
    suite_add_tcase(suite, put);
    return suite;
}

int main(void)
{
    return unit_run(strmap_suite());
}
