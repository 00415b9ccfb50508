/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/task_set: lists of array indexes as Slurm writes them. */
#include "run/task_set.h"

#include "unit.h"

static const struct {
    const char *text;
    const char *shortest;
    size_t count;
} accepted[] = {
    {"0", "0", 1},
    {"1-3", "1-3", 3},
    {"3,1,2", "1-3", 3},
    {"1,2", "1,2", 2},
    {"5-5", "5", 1},
    {"0-10:5", "0,5,10", 3},
    {"1-9:2,2-8:2", "1-9", 9},
    {"1-3,2-5,9", "1-5,9", 6},
    {"3999999-4000000", "3999999,4000000", 2},
};

static const char *const refused[] = {
    "",     ",",     "1,",    ",1",      "-",     "1-",    "-1",    "3-1",     "a",    "1-a", "1:2",
    "1-2:", "1-2:0", "1 - 2", "4000001", "1-2%3", "1-2-3", "1:2-3", "0x1-0x2", "1,,2", "+1",
};

START_TEST(reads_lists)
{
    auto_release(task_set) struct task_set set = {0};
    auto_release(buf) struct buf text = {0};
    ck_assert(task_set_parse(&set, accepted[_i].text));
    ck_assert_uint_eq(set.count, accepted[_i].count);
    task_set_format(&set, 0, &text);
    ck_assert_str_eq(buf_text(&text), accepted[_i].shortest);
}
END_TEST

START_TEST(refuses_the_rest)
{
    struct task_set set = {0};
    ck_assert_msg(!task_set_parse(&set, refused[_i]), "'%s'", refused[_i]);
    ck_assert_ptr_null(set.task);
}
END_TEST

START_TEST(takes_an_offset_off)
{
    auto_release(task_set) struct task_set set = {0};
    auto_release(buf) struct buf text = {0};
    task_set_add_range(&set, 1001, 1003);
    task_set_add(&set, 1009);
    task_set_format(&set, 1000, &text);
    ck_assert_str_eq(buf_text(&text), "1-3,9");
    ck_assert(task_set_has(&set, 1002) && !task_set_has(&set, 1004) && !task_set_has(&set, UINT64_MAX));
}
END_TEST

START_TEST(adds_in_any_order)
{
    auto_release(task_set) struct task_set set = {0};
    auto_release(buf) struct buf text = {0};
    task_set_add(&set, 7);
    task_set_add(&set, 3);
    task_set_add(&set, 7);
    task_set_add(&set, 4);
    task_set_format(&set, 0, &text);
    ck_assert_str_eq(buf_text(&text), "3,4,7");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("task_set");
    TCase *group = tcase_create("task_set");
    tcase_add_loop_test(group, reads_lists, 0, ROWS(accepted));
    tcase_add_loop_test(group, refuses_the_rest, 0, ROWS(refused));
    tcase_add_test(group, takes_an_offset_off);
    tcase_add_test(group, adds_in_any_order);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
