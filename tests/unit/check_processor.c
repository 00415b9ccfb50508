/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/processor: what a control group grants, and that the machine's answers agree with each other. */
#include "run/processor.h"

#include <sched.h>

#include "unit.h"

static const struct {
    const char *text;
    uint64_t cpus;
} quotas[] = {
    {"max 100000\n", 0},
    {"200000 100000\n", 2},
    {"100000 100000\n", 1},
    {"150000 100000\n", 2},
    {"5000 100000\n", 1},
    {"800000 50000", 16},
    {"", 0},
    {"\n", 0},
    {"100000", 0},
    {"100000 \n", 0},
    {"0 100000\n", 0},
    {"100000 0\n", 0},
    {"-1 100000\n", 0},
    {"1e5 100000\n", 0},
    {"100000 100000 x", 0},
    {"99999999999999999999 1\n", 0},
    {"4294967295 1\n", 4294967295},
};

START_TEST(reads_what_a_control_group_grants)
{
    ck_assert_uint_eq(processor_quota(quotas[_i].text), quotas[_i].cpus);
}
END_TEST

START_TEST(counts_the_cpus_that_it_may_use)
{
    cpu_set_t all;
    cpu_set_t one;
    ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
    uint64_t before = processor_count();
    ck_assert_uint_ge(before, 1);
    ck_assert_uint_le(before, (uint64_t)CPU_COUNT(&all));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &one);
        }
    }
    ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    ck_assert_uint_eq(processor_count(), 1);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
}
END_TEST

START_TEST(names_the_level_that_it_counts)
{
    auto_free char *model = NULL;
    auto_free char *name = NULL;
    struct strlist flags = {0};
    unsigned level = processor_level();
    processor_read(&model, &name, &flags);
    ck_assert_uint_le(level, 4);
    ck_assert_int_eq(level == 0, name == NULL);
    if (level > 1) {
        ck_assert_int_eq(name[strlen(name) - 1], (char)('0' + level));
    }
    ck_assert(level < 3 || (strlist_has(&flags, "avx2") && strlist_has(&flags, "fma")));
    ck_assert(level < 4 || strlist_has(&flags, "avx512vl"));
    strlist_release(&flags);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("processor");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, reads_what_a_control_group_grants, 0, ROWS(quotas));
    tcase_add_test(core, counts_the_cpus_that_it_may_use);
    tcase_add_test(core, names_the_level_that_it_counts);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
