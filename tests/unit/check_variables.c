/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/variables and run/baseline: what of the caller's environment a command gets, what is set for it, who
 * wins, and what is said of the rest. */
#include "run/variables.h"

#include "base/mem.h"
#include "run/baseline.h"
#include "unit.h"

#define BIT(fix) (1U << (fix))
#define ALL      (BIT(FIXES) - 1)

static const char *const caller[] = {
    "TZ=Europe/Berlin",
    "LANG=de_DE.UTF-8",
    "LC_NUMERIC=de_DE.UTF-8",
    "LANGUAGE=de:en",
    "PYTHONHASHSEED=42",
    "PERL_HASH_SEED=7",
    "SOURCE_DATE_EPOCH=1",
    "OMP_NUM_THREADS=3",
    "OMP_DYNAMIC=TRUE",
    "PROJECT=x=y",
    "GITHUB_TOKEN=t0p",
    "AWS_SECRET_ACCESS_KEY=s",
    "MYSQL_PWD=p",
    "GITHUB_PAT=q",
    "db_password=r",
    "http_proxy=db://me:hunter2@server:3128",
    "SITE=http://example.org:80/a@b",
    "HOME=/home/user",
    "PATH=/opt/bin",
    "PWD=/home/user",
    "TMPDIR=/scratch",
    "LD_PRELOAD=/opt/x.so",
    "LD_LIBRARY_PATH=/opt/lib",
    "TERM=xterm",
    "COLORTERM=truecolor",
    "broken",
    "=x",
    "LCD=panel",
    NULL,
};

static void fill(struct strlist *environment, const char *const *from)
{
    for (size_t i = 0; from[i] != NULL; i++) {
        strlist_add(environment, from[i]);
    }
}

/* The setup of a run. */
static void make(struct setup *setup, unsigned no_fix, const struct facts *facts, const struct definition *def,
                 const struct strlist *asked)
{
    *setup = (struct setup){.no_fix = no_fix, .cpus = facts->cpus, .cpu_baseline = setup->cpu_baseline};
    setup->home = xstrdup("/home/researcher");
    setup->user = xstrdup("researcher");
    variables_make(setup, def, asked, facts);
}

static const struct definition no_definition;
static const struct strlist nothing;

static const struct {
    unsigned no_fix;
    bool on_terminal;
    const char *variable;
    bool there;
} cases[] = {
    {0, false, "TZ=UTC", true},
    {0, false, "LC_ALL=C.UTF-8", true},
    {0, false, "LANG=de_DE.UTF-8", false},
    {0, false, "PROJECT=x=y", false},
    {0, false, "OMP_NUM_THREADS=6", true},
    {0, false, "OMP_DYNAMIC=FALSE", true},
    {0, false, "SOURCE_DATE_EPOCH=315619200", true},
    {0, false, "PYTHONHASHSEED=0", true},
    {0, false, "PERL_PERTURB_KEYS=0", true},
    {0, false, "TERM=dumb", true},
    {0, true, "TERM=xterm", true},
    {0, true, "COLORTERM=truecolor", true},
    {0, false, "COLORTERM=truecolor", false},
    {BIT(FIX_TZ), false, "TZ=Europe/Berlin", true},
    {BIT(FIX_TZ), false, "LC_ALL=C.UTF-8", true},
    {BIT(FIX_LOCALE), false, "LC_ALL=C.UTF-8", false},
    {BIT(FIX_LOCALE), false, "LANG=de_DE.UTF-8", true},
    {BIT(FIX_LOCALE), false, "LC_NUMERIC=de_DE.UTF-8", true},
    {BIT(FIX_LOCALE), false, "LANGUAGE=de:en", true},
    {BIT(FIX_LOCALE), false, "LCD=panel", false},
    {BIT(FIX_HASHSEED), false, "PYTHONHASHSEED=42", true},
    {BIT(FIX_HASHSEED), false, "PERL_HASH_SEED=7", true},
    {BIT(FIX_HASHSEED), false, "PERL_PERTURB_KEYS=0", false},
    {BIT(FIX_EPOCH), false, "SOURCE_DATE_EPOCH=1", true},
    {BIT(FIX_THREADS), false, "OMP_NUM_THREADS=3", true},
    {BIT(FIX_THREADS), false, "OMP_DYNAMIC=TRUE", true},
    {BIT(FIX_THREADS), false, "MKL_NUM_THREADS=6", false},
    {BIT(FIX_VARIABLES), false, "PROJECT=x=y", true},
    {BIT(FIX_VARIABLES), false, "SITE=http://example.org:80/a@b", true},
    {BIT(FIX_VARIABLES), false, "TZ=UTC", true},
    {BIT(FIX_VARIABLES), false, "LANG=de_DE.UTF-8", false},
    {BIT(FIX_VARIABLES), false, "LCD=panel", true},
    {BIT(FIX_VARIABLES), false, "HOME=/home/researcher", true},
    {BIT(FIX_VARIABLES), false, "PATH=/opt/bin", false},
    {BIT(FIX_VARIABLES), false, "PWD=/home/user", false},
    {BIT(FIX_VARIABLES), false, "TMPDIR=/scratch", false},
    {BIT(FIX_VARIABLES), false, "LD_PRELOAD=/opt/x.so", false},
    {BIT(FIX_VARIABLES), false, "TERM=xterm", false},
    {ALL, false, "TZ=Europe/Berlin", true},
    {ALL, false, "PROJECT=x=y", true},
    {ALL, false, "GITHUB_TOKEN=t0p", false},
    {ALL, false, "AWS_SECRET_ACCESS_KEY=s", false},
    {ALL, false, "MYSQL_PWD=p", false},
    {ALL, false, "GITHUB_PAT=q", false},
    {ALL, false, "db_password=r", false},
    {ALL, false, "http_proxy=db://me:hunter2@server:3128", false},
    {ALL, false, "broken", false},
    {ALL, false, "=x", false},
};

START_TEST(passes_and_sets)
{
    struct setup setup = {0};
    auto_release(strlist) struct strlist environment = {0};
    fill(&environment, caller);
    struct facts facts = {.cpus = 6, .environment = strlist_items(&environment), .on_terminal = cases[_i].on_terminal};
    make(&setup, cases[_i].no_fix, &facts, &no_definition, &nothing);
    ck_assert_msg(strlist_has(&setup.variables, cases[_i].variable) == cases[_i].there, "%s", cases[_i].variable);
    for (size_t i = 1; i < setup.variables.count; i++) {
        ck_assert_int_lt(strcmp(setup.variables.item[i - 1], setup.variables.item[i]), 0);
    }
    setup_release(&setup);
}
END_TEST

START_TEST(takes_the_zone_of_the_host_when_the_caller_has_none)
{
    struct setup setup = {0};
    auto_free char *zone = xstrdup("Asia/Tokyo");
    struct facts facts = {.cpus = 1, .zone = zone};
    make(&setup, BIT(FIX_TZ), &facts, &no_definition, &nothing);
    ck_assert(strlist_has(&setup.variables, "TZ=Asia/Tokyo"));
    setup_release(&setup);
}
END_TEST

static const char *const hostile_terminal[] = {"TERM=../../etc/x", "NO_COLOR=a\nb", NULL};

START_TEST(passes_only_plain_words_about_the_terminal)
{
    struct setup setup = {0};
    auto_release(strlist) struct strlist environment = {0};
    fill(&environment, hostile_terminal);
    struct facts facts = {.cpus = 1, .environment = strlist_items(&environment), .on_terminal = true};
    make(&setup, 0, &facts, &no_definition, &nothing);
    ck_assert(strlist_has(&setup.variables, "TERM=dumb"));
    ck_assert(!strlist_has(&setup.variables, hostile_terminal[1]));
    setup_release(&setup);
}
END_TEST

START_TEST(the_definition_and_the_caller_overrule_what_is_fixed)
{
    struct setup setup = {.cpu_baseline = 2};
    struct facts facts = {.cpus = 6};
    struct definition def = {0};
    struct strlist asked = {0};
    strlist_add(&def.variables, "OMP_NUM_THREADS=1");
    strlist_add(&def.variables, "SOURCE_DATE_EPOCH=1700000000");
    strlist_add(&def.variables, "OPENBLAS_CORETYPE=Prescott");
    strlist_add(&asked, "OMP_NUM_THREADS=2");
    strlist_add(&asked, "TZ=Asia/Tokyo");
    make(&setup, 0, &facts, &def, &asked);
    ck_assert(strlist_has(&setup.variables, "OMP_NUM_THREADS=2"));
    ck_assert(strlist_has(&setup.variables, "OPENBLAS_NUM_THREADS=2"));
    ck_assert(strlist_has(&setup.variables, "MKL_NUM_THREADS=2"));
    ck_assert(strlist_has(&setup.variables, "SOURCE_DATE_EPOCH=1700000000"));
    ck_assert(strlist_has(&setup.variables, "OPENBLAS_CORETYPE=Prescott"));
    ck_assert(strlist_has(&setup.variables, "TZ=Asia/Tokyo"));
    ck_assert(strlist_has(&setup.variables, "MKL_CBWR=SSE4_2"));
    setup_release(&setup);
    strlist_release(&asked);
    strlist_release(&def.variables);
}
END_TEST

static const char *value_of(const struct setup *setup, const char *name)
{
    for (size_t i = 0; i < setup->variables.count; i++) {
        const char *at = setup->variables.item[i];
        if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == '=') {
            return at + strlen(name) + 1;
        }
    }
    return "";
}

static const struct {
    const char *asked, *threads;
} counts[] = {
    {"A=1", "MKL_NUM_THREADS=6"},
    {"OMP_NUM_THREADS=4,2", "MKL_NUM_THREADS=4"},
    {"OMP_NUM_THREADS=", "MKL_NUM_THREADS=6"},
    {"OMP_NUM_THREADSX=3", "MKL_NUM_THREADS=6"},
    {"MKL_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=6"},
};

START_TEST(libraries_follow_openmp)
{
    struct setup setup = {0};
    struct facts facts = {.cpus = 6};
    auto_release(strlist) struct strlist asked = {0};
    strlist_add(&asked, counts[_i].asked);
    make(&setup, 0, &facts, &no_definition, &asked);
    ck_assert(strlist_has(&setup.variables, counts[_i].asked));
    ck_assert(strlist_has(&setup.variables, counts[_i].threads));
    setup_release(&setup);
}
END_TEST

START_TEST(a_level_joins_the_tunables_that_somebody_has)
{
    struct setup setup = {.cpu_baseline = 2};
    struct facts facts = {.cpus = 6};
    struct strlist asked = {0};
    strlist_add(&asked, "GLIBC_TUNABLES=glibc.malloc.perturb=1");
    make(&setup, 0, &facts, &no_definition, &asked);
    const char *tunables = value_of(&setup, "GLIBC_TUNABLES");
    ck_assert(strncmp(tunables, "glibc.cpu.hwcaps=-AVX,", 22) == 0);
    ck_assert_ptr_nonnull(strstr(tunables, ":glibc.malloc.perturb=1"));
    setup_release(&setup);
    setup.cpu_baseline = 2;
    strlist_add(&asked, "GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA");
    make(&setup, 0, &facts, &no_definition, &asked);
    ck_assert_str_eq(value_of(&setup, "GLIBC_TUNABLES"), "glibc.cpu.hwcaps=-FMA");
    setup_release(&setup);
    strlist_release(&asked);
}
END_TEST

static const struct {
    unsigned level;
    const char *variable, *part;
    bool there;
} levels[] = {
    {2, "GLIBC_TUNABLES", ":glibc.tune.hwcaps=-AVX,", true},
    {2, "GLIBC_TUNABLES", "-FMA,", true},
    {2, "GLIBC_TUNABLES", "-FMA_Usable", true},
    {2, "GLIBC_TUNABLES", "-AVX2_Usable", true},
    {2, "GLIBC_TUNABLES", "-AVX512F,", true},
    {3, "GLIBC_TUNABLES", "-FMA", false},
    {3, "GLIBC_TUNABLES", "-AVX2", false},
    {3, "GLIBC_TUNABLES", "-AVX512VL", true},
    {3, "GLIBC_TUNABLES", "-AVX512F_Usable", true},
    {4, "GLIBC_TUNABLES", "-", false},
    {2, "OPENBLAS_CORETYPE", "Nehalem", true},
    {3, "OPENBLAS_CORETYPE", "Haswell", true},
    {4, "OPENBLAS_CORETYPE", "SkylakeX", true},
    {3, "MKL_CBWR", "AVX2", true},
    {4, "MKL_CBWR", "AVX512", true},
    {2, "NPY_DISABLE_CPU_FEATURES", "FMA3", true},
    {3, "NPY_DISABLE_CPU_FEATURES", "FMA3", false},
    {3, "NPY_DISABLE_CPU_FEATURES", "AVX512F", true},
    {4, "NPY_DISABLE_CPU_FEATURES", "AVX512F", false},
    {4, "NPY_DISABLE_CPU_FEATURES", "AVX512_ICL", true},
};

START_TEST(a_level_takes_away_what_is_above_it)
{
    struct setup setup = {.cpu_baseline = levels[_i].level};
    struct facts facts = {.cpus = 6};
    make(&setup, 0, &facts, &no_definition, &nothing);
    bool there = strstr(value_of(&setup, levels[_i].variable), levels[_i].part) != NULL;
    ck_assert_msg(there == levels[_i].there, "%s: %s", levels[_i].part, value_of(&setup, levels[_i].variable));
    setup_release(&setup);
}
END_TEST

START_TEST(a_processor_below_the_level_is_refused)
{
    for (unsigned level = 2; level <= 4; level++) {
        for (unsigned have = 0; have <= 4; have++) {
            struct err err = {0};
            ck_assert_int_eq(baseline_check(level, have, &err), have >= level ? 0 : -1);
            ck_assert(have >= level || err.kind == ERR_HOST);
        }
    }
}
END_TEST

START_TEST(names_what_was_dropped_and_no_value)
{
    static const char *const from[] = {"B=hidden", "A=hidden", "KEPT=1", "TZ=hidden", "B=again", "broken", "=x", NULL};
    static const char *const want[] = {"A", "B", "TZ"};
    struct strlist variables = {0};
    struct strlist names = {0};
    auto_release(strlist) struct strlist environment = {0};
    fill(&environment, from);
    strlist_add(&variables, "KEPT=1");
    strlist_add(&variables, "TZ=UTC");
    variables_dropped(strlist_items(&environment), &variables, &names);
    ck_assert_uint_eq(names.count, ROWS(want));
    for (size_t i = 0; i < ROWS(want); i++) {
        ck_assert_str_eq(names.item[i], want[i]);
    }
    strlist_release(&names);
    variables_dropped(NULL, &variables, &names);
    ck_assert_uint_eq(names.count, 0);
    strlist_release(&variables);
}
END_TEST

START_TEST(does_not_list_without_end)
{
    enum { MANY = VARIABLES_DROPPED_MOST + 50 };
    struct strlist environment = {0};
    struct strlist names = {0};
    for (int i = 0; i < MANY; i++) {
        strlist_addf(&environment, "V%05d=1", i);
    }
    variables_dropped(strlist_items(&environment), &nothing, &names);
    ck_assert_uint_eq(names.count, VARIABLES_DROPPED_MOST);
    strlist_release(&environment);
    strlist_release(&names);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("variables");
    TCase *core = tcase_create("Core");
    tcase_add_loop_test(core, passes_and_sets, 0, ROWS(cases));
    tcase_add_test(core, takes_the_zone_of_the_host_when_the_caller_has_none);
    tcase_add_test(core, passes_only_plain_words_about_the_terminal);
    tcase_add_test(core, the_definition_and_the_caller_overrule_what_is_fixed);
    tcase_add_loop_test(core, libraries_follow_openmp, 0, ROWS(counts));
    tcase_add_test(core, names_what_was_dropped_and_no_value);
    tcase_add_test(core, does_not_list_without_end);
    suite_add_tcase(suite, core);
    TCase *baseline = tcase_create("baseline");
    tcase_add_test(baseline, a_level_joins_the_tunables_that_somebody_has);
    tcase_add_loop_test(baseline, a_level_takes_away_what_is_above_it, 0, ROWS(levels));
    tcase_add_test(baseline, a_processor_below_the_level_is_refused);
    suite_add_tcase(suite, baseline);
    return unit_run(suite);
}
