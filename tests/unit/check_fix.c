/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of env/fix: the words for what is held fixed. */
#include "env/fix.h"

#include "unit.h"

#define BIT(fix) (1U << (fix))
#define ALL      (BIT(FIXES) - 1)

static const struct {
    const char *text;
    unsigned before, after;
} accepted[] = {
    {"tz", 0, BIT(FIX_TZ)},
    {"tz", BIT(FIX_ASLR), BIT(FIX_TZ) | BIT(FIX_ASLR)},
    {"hostname,user", 0, BIT(FIX_HOSTNAME) | BIT(FIX_USER)},
    {" hostname , user\tworkdir ", 0, BIT(FIX_HOSTNAME) | BIT(FIX_USER) | BIT(FIX_WORKDIR)},
    {",,epoch,", 0, BIT(FIX_EPOCH)},
    {"all", 0, ALL},
    {"none", ALL, 0},
    {"none,umask", BIT(FIX_TZ), BIT(FIX_UMASK)},
    {"umask,none", BIT(FIX_TZ), 0},
    {"locale variables aslr hashseed threads", 0,
     BIT(FIX_LOCALE) | BIT(FIX_VARIABLES) | BIT(FIX_ASLR) | BIT(FIX_HASHSEED) | BIT(FIX_THREADS)},
};

START_TEST(reads_names)
{
    struct err err = {0};
    unsigned set = accepted[_i].before;
    ck_assert_msg(fix_parse(accepted[_i].text, &set, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(set, accepted[_i].after);
}
END_TEST

static const struct {
    const char *text, *part;
} refused[] = {
    {"", "'' is nothing that is fixed; known are hostname, user"},
    {" , ", "all and none"},
    {"hostnam", "did you mean 'hostname'?"},
    {"tz,local", "'local' is nothing that is fixed; did you mean 'locale'?"},
    {"TZ", "'TZ'"},
    {"tz;user", "'tz;user'"},
    {"a\x1b[31mb", "'a\\x1b[31mb'"},
};

START_TEST(refuses_names)
{
    struct err err = {0};
    unsigned set = 5;
    ck_assert_int_eq(fix_parse(refused[_i].text, &set, &err), -1);
    assert_error(&err, ERR_USAGE, refused[_i].part);
    ck_assert_uint_eq(set, 5);
}
END_TEST

START_TEST(every_setting_has_its_name)
{
    for (unsigned i = 0; i < FIXES; i++) {
        enum fix fix = FIXES;
        ck_assert(fix_from_name(fix_name((enum fix)i), &fix));
        ck_assert_uint_eq(fix, i);
        ck_assert(fix_is_in(BIT(i), fix) && !fix_is_in(~BIT(i), fix));
    }
}
END_TEST

static const struct {
    const char *name;
    bool known;
    unsigned level;
} levels[] = {
    {"v2", true, 2},  {"v3", true, 3},   {"v4", true, 4}, {"none", true, 0}, {"v1", false, 9},
    {"v5", false, 9}, {"v33", false, 9}, {"3", false, 9}, {"", false, 9},    {"x86-64-v3", false, 9},
};

START_TEST(knows_the_levels)
{
    unsigned level = 9;
    ck_assert_int_eq(fix_baseline_from_name(levels[_i].name, &level), levels[_i].known);
    ck_assert_uint_eq(level, levels[_i].level);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fix");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, reads_names, 0, ROWS(accepted));
    tcase_add_loop_test(core, refuses_names, 0, ROWS(refused));
    tcase_add_test(core, every_setting_has_its_name);
    tcase_add_loop_test(core, knows_the_levels, 0, ROWS(levels));
    suite_add_tcase(suite, core);
    return unit_run(suite);
}
