/* SPDX-License-Identifier: BSD-2-Clause
 * check_units: sizes, durations and ages as people read them. */
#include "base/units.h"

#include "unit.h"

#define S   UINT64_C(1000000000)
#define MS  UINT64_C(1000000)
#define DAY ((time_t)86400)

static const struct {
    uint64_t bytes;
    const char *shown;
} sizes[] = {
    {0, "0 B"},
    {999, "999 B"},
    {1000, "1.0 kB"},
    {59625000, "59.6 MB"},
    {999949999, "999.9 MB"},
    {999950000, "1.0 GB"},
    {1500000000000ULL, "1.5 TB"},
    {18446744073709551615ULL, "18446.7 PB"},
};

START_TEST(shows_sizes_in_decimal_units)
{
    char shown[UNITS_TEXT];
    ck_assert_str_eq(units_size(shown, sizes[_i].bytes), sizes[_i].shown);
}
END_TEST

static const struct {
    uint64_t ns;
    const char *shown;
    const char *brief;
} durations[] = {
    {0, "0.0 ms", "0s"},
    {4 * MS, "4.0 ms", "0s"},
    {9949 * MS / 1000, "9.9 ms", "0s"},
    {9960 * MS / 1000, "10 ms", "0s"},
    {99 * MS, "99 ms", "0s"},
    {99600 * MS / 1000, "0.10 s", "0s"},
    {420 * MS, "0.42 s", "0s"},
    {9994 * MS, "9.99 s", "9s"},
    {9996 * MS, "10.0 s", "9s"},
    {59940 * MS, "59.9 s", "59s"},
    {59960 * MS, "1 min 00 s", "59s"},
    {187 * S, "3 min 07 s", "3m07s"},
    {3599 * S + 600 * MS, "1 h 00 min", "59m59s"},
    {7500 * S, "2 h 05 min", "2h05m"},
    {86399 * S + 999 * MS, "1 d 00 h", "23h59m"},
    {(UINT64_C(3) * 86400 + 4 * 3600) * S, "3 d 04 h", "3d04h"},
    {UINT64_C(18446744073709551615), "99999 d 23 h", NULL},
};

START_TEST(shows_durations)
{
    char shown[UNITS_TEXT];
    if (durations[_i].brief != NULL) {
        ck_assert_str_eq(units_duration(shown, durations[_i].ns), durations[_i].shown);
        ck_assert_str_eq(units_short_duration(shown, (int64_t)durations[_i].ns), durations[_i].brief);
    } else { /* no more than fits, whatever the number */
        ck_assert_uint_lt(strlen(units_duration(shown, durations[_i].ns)), UNITS_TEXT);
    }
}
END_TEST

START_TEST(shows_no_negative_duration)
{
    char shown[UNITS_TEXT];
    ck_assert_str_eq(units_short_duration(shown, -5), "0s");
    ck_assert_str_eq(units_short_duration(shown, INT64_MAX), "99999d23h");
}
END_TEST

static const struct {
    time_t ago;
    const char *shown;
} ages[] = {
    {-5, "today"},
    {0, "today"},
    {DAY - 1, "today"},
    {DAY, "yesterday"},
    {2 * DAY, "2 days ago"},
    {13 * DAY, "13 days ago"},
    {14 * DAY, "2 weeks ago"},
    {60 * DAY, "2 months ago"},
    {730 * DAY, "2 years ago"},
    {DAY * 365 * 5000, "999 years ago"},
};

START_TEST(shows_ages)
{
    const time_t now = (time_t)400 * 1000 * 1000 * 1000;
    char shown[UNITS_TEXT];
    ck_assert_str_eq(units_age(shown, now, now - ages[_i].ago), ages[_i].shown);
}
END_TEST

static const struct {
    const char *text;
    uint64_t bytes;
} accepted[] = {
    {"0", 0}, {"1000", 1000}, {"500M", 500000000}, {"20G", 20000000000ULL}, {"7k", 7000}, {"1T", 1000000000000ULL},
};

START_TEST(reads_sizes)
{
    uint64_t bytes = 1;
    ck_assert(units_to_bytes(accepted[_i].text, &bytes));
    ck_assert_uint_eq(bytes, accepted[_i].bytes);
}
END_TEST

static const char *const refused[] = {"", "k", "-1", "1.5G", "1 G", "5Q", "5GB", "99999999T", "0x10", "1e3"};

START_TEST(refuses_what_is_no_size)
{
    uint64_t bytes = 7;
    ck_assert_msg(!units_to_bytes(refused[_i], &bytes), "'%s'", refused[_i]);
    ck_assert_uint_eq(bytes, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("units");
    TCase *cases = tcase_create("Units");
    tcase_add_loop_test(cases, shows_sizes_in_decimal_units, 0, ROWS(sizes));
    tcase_add_loop_test(cases, shows_durations, 0, ROWS(durations));
    tcase_add_test(cases, shows_no_negative_duration);
    tcase_add_loop_test(cases, shows_ages, 0, ROWS(ages));
    tcase_add_loop_test(cases, reads_sizes, 0, ROWS(accepted));
    tcase_add_loop_test(cases, refuses_what_is_no_size, 0, ROWS(refused));
    suite_add_tcase(suite, cases);
    return unit_run(suite);
}
