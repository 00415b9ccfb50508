/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of sandbox/cpus: the order in which CPUs are given to runs, and lists of CPUs. */
#include "sandbox/cpus.h"

#include "base/buf.h"
#include "unit.h"

/* Two nodes of two cores of two threads each, numbered as Linux does: first all first threads. */
static void machine(struct cpu cpu[8])
{
    for (unsigned i = 0; i < 8; i++) {
        cpu[i] = (struct cpu){.number = i, .node = i % 4 / 2, .core = i % 4, .thread = i / 4};
    }
}

static void take(struct cpu cpu[8], const char *numbers)
{
    for (const char *at = numbers; *at != '\0'; at++) {
        cpu[*at - '0'].taken = true;
    }
}

static const struct {
    const char *taken;
    unsigned apart;
    const char *order;
} orders[] = {
    {"", 0, "01234567"},         /* cores before sibling threads, near before far; at first all are alike */
    {"", 7, "01234567"},         /* where all are free, every run begins at the same place, and takes it */
    {"0", 0, "23167540"},        /* the other node has more idle cores; the sibling of a busy thread is not idle */
    {"01", 0, "23674501"},       /* both cores there, their siblings, and only then half-used cores */
    {"0123", 0, "45670123"},     /* only siblings are left */
    {"01234567", 0, "01234567"}, /* nothing is left: all begin somewhere else */
    {"01234567", 3, "34567012"}, {"01234567", 11, "34567012"},
    {"4", 0, "23167504"}, /* the first thread of a core whose other one is taken is no idle core */
};

START_TEST(orders_by_what_runs_share)
{
    struct cpu cpu[8];
    char order[9] = "";
    machine(cpu);
    take(cpu, orders[_i].taken);
    cpus_order(cpu, 8, orders[_i].apart);
    for (size_t i = 0; i < 8; i++) {
        order[i] = (char)('0' + cpu[i].number);
    }
    ck_assert_str_eq(order, orders[_i].order);
}
END_TEST

START_TEST(orders_none)
{
    cpus_order(NULL, 0, 5);
}
END_TEST

static void list(void *context, unsigned number)
{
    buf_addf(context, "%u ", number);
}

static const struct {
    const char *text, *numbers;
} lists[] = {
    {"0\n", "0 "}, {"0-3,8\n", "0 1 2 3 8 "}, {"", ""}, {"\n", ""}, {"8190-8191", "8190 8191 "},
};

static const char *const no_lists[] = {"8192", "3-1", "0-8192", "1,", "a", "-1", "1-", "99999999999999999999", "0 1"};

START_TEST(reads_lists_of_the_kernel)
{
    struct buf numbers = {0};
    ck_assert(cpus_parse(lists[_i].text, list, &numbers));
    ck_assert_str_eq(buf_text(&numbers), lists[_i].numbers);
    buf_release(&numbers);
}
END_TEST

START_TEST(refuses_what_is_no_list)
{
    struct buf numbers = {0};
    ck_assert_msg(!cpus_parse(no_lists[_i], list, &numbers), "'%s' was read", no_lists[_i]);
    buf_release(&numbers);
}
END_TEST

START_TEST(gives_runs_different_cpus_while_there_are_some)
{
    struct cpus one = {0};
    struct cpus all = {0};
    struct cpus other = {0};
    ck_assert(cpus_choose(1, &one));
    ck_assert_uint_eq(one.count, 1);
    ck_assert(cpus_choose(CPUS_MOST, &all));
    if (all.count > 1 && one.claims == 1) { /* nobody else has taken all of them */
        cpus_release(&all);
        ck_assert(cpus_choose(1, &other));
        char *first = cpus_text(&one);
        char *second = cpus_text(&other);
        ck_assert(other.claims == 0 || strcmp(first, second) != 0);
        free(first);
        free(second);
    }
    cpus_release(&one);
    cpus_release(&all);
    cpus_release(&other);
}
END_TEST

START_TEST(writes_lists)
{
    struct cpus cpus = {.bits = {0x8000000000000107UL, 1UL}};
    char *text = cpus_text(&cpus);
    ck_assert_str_eq(text, "0-2,8,63-64");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpus");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, orders_by_what_runs_share, 0, ROWS(orders));
    tcase_add_test(core, orders_none);
    tcase_add_loop_test(core, reads_lists_of_the_kernel, 0, ROWS(lists));
    tcase_add_loop_test(core, refuses_what_is_no_list, 0, ROWS(no_lists));
    tcase_add_test(core, gives_runs_different_cpus_while_there_are_some);
    tcase_add_test(core, writes_lists);
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
