/* SPDX-License-Identifier: BSD-2-Clause
 * check_limits: the words of limits, and when a run that is over its time is ended. */
#include "base/limits.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include "sandbox/limits_clock.h"
#include "unit.h"

#define MI UINT64_C(1048576)
#define S  INT64_C(1000000000)

static const struct {
    enum limit limit;
    const char *text;
    uint64_t value;
} accepted[] = {
    {LIMIT_PIDS, "1", 1},
    {LIMIT_PIDS, "10", 10},
    {LIMIT_PIDS, "4194304", 4194304},
    {LIMIT_PIDS, "none", 0},
    {LIMIT_MEMORY, "1048576", MI},
    {LIMIT_MEMORY, "512M", 512 * MI},
    {LIMIT_MEMORY, "512m", 512 * MI},
    {LIMIT_MEMORY, "512MiB", 512 * MI},
    {LIMIT_MEMORY, "512MB", 512000000},
    {LIMIT_MEMORY, "1.5G", 1536 * MI},
    {LIMIT_MEMORY, "2048K", 2 * MI},
    {LIMIT_MEMORY, "1048576T", UINT64_C(1) << 60},
    {LIMIT_MEMORY, "1152921504606846976", UINT64_C(1) << 60},
    {LIMIT_MEMORY, "1048576B", MI},
    {LIMIT_CPUS, "8192", 8192},
    {LIMIT_TIME, "10", 10 * S},
    {LIMIT_TIME, "0.001", S / 1000},
    {LIMIT_TIME, "1.5s", 3 * S / 2},
    {LIMIT_TIME, "90m", 5400 * S},
    {LIMIT_TIME, "0.5h", 1800 * S},
    {LIMIT_TIME, "2d", 172800 * S},
    {LIMIT_TIME, "1000000000", INT64_C(1000000000) * S},
    {LIMIT_FILE_SIZE, "1", 1},
    {LIMIT_FILE_SIZE, "1k", 1024},
    {LIMIT_FILE_SIZE, "1kB", 1000},
    {LIMIT_OPEN_FILES, "4", 4},
};

static const struct {
    enum limit limit;
    const char *text;
} refused[] = {
    {LIMIT_PIDS, ""},
    {LIMIT_PIDS, "0"},
    {LIMIT_PIDS, "-1"},
    {LIMIT_PIDS, "+1"},
    {LIMIT_PIDS, " 1"},
    {LIMIT_PIDS, "1 "},
    {LIMIT_PIDS, "1.5"},
    {LIMIT_PIDS, "1."},
    {LIMIT_PIDS, "10k"},
    {LIMIT_PIDS, "4194305"},
    {LIMIT_PIDS, "18446744073709551617"},
    {LIMIT_PIDS, "None"},
    {LIMIT_MEMORY, "1"},
    {LIMIT_MEMORY, "1048575"},
    {LIMIT_MEMORY, "M"},
    {LIMIT_MEMORY, ".M"},
    {LIMIT_MEMORY, "1.2.3M"},
    {LIMIT_MEMORY, "512MM"},
    {LIMIT_MEMORY, "512Mi"},
    {LIMIT_MEMORY, "512 M"},
    {LIMIT_MEMORY, "1e9"},
    {LIMIT_MEMORY, "1048577T"},
    {LIMIT_MEMORY, "1048576.5T"},
    {LIMIT_MEMORY, "16777216T"}, /* 2^64: nothing is left of it when it wraps around */
    {LIMIT_MEMORY, "17592186044417M"},
    {LIMIT_MEMORY, "1152921504606846977"},
    {LIMIT_CPUS, "8193"},
    {LIMIT_CPUS, "0"},
    {LIMIT_TIME, "0"},
    {LIMIT_TIME, "0.0001"},
    {LIMIT_TIME, "1000000001"},
    {LIMIT_TIME, "11575d"},
    {LIMIT_TIME, "18446744073709551616s"},
    {LIMIT_TIME, "1:30"},
    {LIMIT_TIME, "s"},
    {LIMIT_TIME, "1w"},
    {LIMIT_TIME, "nan"},
    {LIMIT_TIME, "inf"},
    {LIMIT_FILE_SIZE, "0"},
    {LIMIT_FILE_SIZE, "0.1"},
    {LIMIT_OPEN_FILES, "3"},
    {LIMIT_OPEN_FILES, "1073741825"},
};

START_TEST(accepts)
{
    uint64_t value = 77;
    ck_assert_ptr_null(limit_parse(accepted[_i].limit, accepted[_i].text, &value));
    ck_assert_uint_eq(value, accepted[_i].value);
}
END_TEST

START_TEST(refuses)
{
    uint64_t value = 77;
    ck_assert_msg(limit_parse(refused[_i].limit, refused[_i].text, &value) != NULL, "'%s' was taken", refused[_i].text);
    ck_assert_uint_eq(value, 77);
}
END_TEST

START_TEST(names_lead_back)
{
    for (int i = 0; i < LIMITS; i++) {
        enum limit limit = LIMITS;
        ck_assert(limit_from_name(limit_name((enum limit)i), &limit));
        ck_assert_int_eq((int)limit, i);
    }
    enum limit limit = LIMITS;
    ck_assert(!limit_from_name("file_size", &limit) && limit == LIMITS);
}
END_TEST

START_TEST(says_them_for_people)
{
    static const struct {
        enum limit limit;
        uint64_t value;
        const char *text;
    } rows[] = {
        {LIMIT_PIDS, 1, "1 process"},
        {LIMIT_PIDS, 10, "10 processes"},
        {LIMIT_MEMORY, 512 * MI, "512 MiB"},
        {LIMIT_MEMORY, 1536 * MI, "1536 MiB"},
        {LIMIT_MEMORY, 4096 * MI, "4 GiB"},
        {LIMIT_FILE_SIZE, 1000001, "1000001 bytes"},
        {LIMIT_CPUS, 1, "1 CPU"},
        {LIMIT_TIME, 3 * S / 2, "1.5 s"},
        {LIMIT_OPEN_FILES, 64, "64 open files"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char *text = limit_text(rows[i].limit, rows[i].value);
        ck_assert_str_eq(text, rows[i].text);
        free(text);
    }
}
END_TEST

START_TEST(ends_gently_then_not)
{
    struct limits_clock clock = {0};
    limits_clock_start(&clock, 10 * S, 100 * S);
    ck_assert_int_eq(limits_clock_due(&clock, 100 * S), 0);
    ck_assert_int_eq(limits_clock_due(&clock, 110 * S - 1), 0);
    ck_assert(!limits_clock_is_over(&clock));
    ck_assert_int_eq(limits_clock_due(&clock, 110 * S), SIGTERM);
    ck_assert(limits_clock_is_over(&clock));
    ck_assert_int_eq(limits_clock_due(&clock, 110 * S + 1), 0);
    ck_assert_int_eq(limits_clock_due(&clock, (110 + LIMITS_GRACE) * S), SIGKILL);
    ck_assert_int_eq(limits_clock_due(&clock, (110 + LIMITS_GRACE) * S + 1), 0);
    ck_assert_int_eq(limits_clock_due(&clock, 10000 * S), SIGKILL); /* somebody came in meanwhile */
}
END_TEST

START_TEST(waits_for_what_is_next)
{
    struct limits_clock clock = {0};
    ck_assert_int_eq(limits_clock_wait_ms(&clock, 5 * S), -1);
    ck_assert_int_eq(limits_clock_due(&clock, 5 * S), 0);
    limits_clock_start(&clock, 10 * S, 100 * S);
    ck_assert_int_eq(limits_clock_wait_ms(&clock, 100 * S), 10000);
    ck_assert_int_eq(limits_clock_wait_ms(&clock, 110 * S - 1), 1); /* not 0: that would go round and round */
    ck_assert_int_eq(limits_clock_wait_ms(&clock, 110 * S), 0);
    ck_assert_int_eq(limits_clock_wait_ms(&clock, 500 * S), 0);
    limits_clock_start(&clock, INT64_C(1000000000) * S, 100 * S);
    ck_assert_int_eq(limits_clock_wait_ms(&clock, 100 * S), INT_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *words = tcase_create("words");
    tcase_add_loop_test(words, accepts, 0, ROWS(accepted));
    tcase_add_loop_test(words, refuses, 0, ROWS(refused));
    tcase_add_test(words, names_lead_back);
    tcase_add_test(words, says_them_for_people);
    suite_add_tcase(suite, words);
    TCase *clock = tcase_create("clock");
    tcase_add_test(clock, ends_gently_then_not);
    tcase_add_test(clock, waits_for_what_is_next);
    suite_add_tcase(suite, clock);
    return unit_run(suite);
}
