/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of commands/task_states: what squeue and sacct say, whatever order it comes in. */
#include "commands/task_states.h"

#include "unit.h"

START_TEST(squeue_goes_before_sacct)
{
    auto_release(task_states) struct task_states states = {0};
    task_states_read_queue(&states, "17|3|RUNNING\n17|1|COMPLETED\n9|N/A|PENDING\nnonsense\n|||\n17|x|RUNNING\n");
    task_states_read_accounts(&states,
                              "17_1|FAILED\n17_2|CANCELLED by 1000\n17_[5-9]|PENDING\n9|TIMEOUT\n8|NODE_FAIL\n");
    ck_assert_str_eq(task_states_of(&states, "17", 1), "COMPLETED");
    ck_assert_str_eq(task_states_of(&states, "17", 2), "CANCELLED");
    ck_assert_str_eq(task_states_of(&states, "17", 3), "RUNNING");
    ck_assert_str_eq(task_states_of(&states, "9", TASK_STATES_NO_INDEX), "PENDING");
    ck_assert_str_eq(task_states_of(&states, "8", TASK_STATES_NO_INDEX), "NODE_FAIL");
    ck_assert_ptr_null(task_states_of(&states, "17", 5));
    ck_assert_ptr_null(task_states_of(&states, "1", 7));
}
END_TEST

START_TEST(states_have_a_meaning)
{
    ck_assert_int_eq(task_states_meaning("PENDING"), TASK_WAITING);
    ck_assert_int_eq(task_states_meaning("REQUEUED"), TASK_WAITING);
    ck_assert_int_eq(task_states_meaning("COMPLETING"), TASK_RUNNING);
    ck_assert_int_eq(task_states_meaning("OUT_OF_MEMORY"), TASK_LOST);
    ck_assert_int_eq(task_states_meaning(""), TASK_LOST);
    auto_free char *words = task_states_words("OUT_OF_MEMORY");
    ck_assert_str_eq(words, "out of memory");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("task_states");
    TCase *group = tcase_create("task_states");
    tcase_add_test(group, squeue_goes_before_sacct);
    tcase_add_test(group, states_have_a_meaning);
    suite_add_tcase(suite, group);
    return unit_run(suite);
}
