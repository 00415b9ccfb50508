/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/settings and of what the planner holds fixed: what a definition and options make of it, the leaks that
 * follow, and what a rerun has to say. The members of the manifest are in check_manifest. */
#include "run/settings.h"

#include <errno.h>

#include "base/mem.h"
#include "run/planner.h"
#include "unit.h"

struct bench {
    struct definition def;
    struct store_tree tree;
    struct run_options options;
    struct facts facts;
    struct strlist argv;
    struct setup setup;
    struct plan plan;
};

static void bench_begin(struct bench *bench, const char *workdir)
{
    *bench = (struct bench){.tree.fd = -1};
    bench->def.name = xstrdup("tool");
    bench->def.path = xstrdup("/envs/tool.ini");
    bench->def.text = xstrdup("[artifact]\n");
    bench->def.workdir = xstrdup("/workspace");
    bench->def.home = xstrdup("/home/researcher");
    bench->facts = (struct facts){.uid = 4321,
                                  .gid = 8765,
                                  .umask = 027,
                                  .workdir = xstrdup(workdir),
                                  .hostname = xstrdup("node7"),
                                  .user = xstrdup("ada"),
                                  .cpus = 6};
    strlist_add(&bench->argv, "tool");
}

static void bench_end(struct bench *bench)
{
    definition_release(&bench->def);
    run_options_release(&bench->options);
    facts_release(&bench->facts);
    strlist_release(&bench->argv);
    setup_release(&bench->setup);
    plan_release(&bench->plan);
}

static int make_setup(struct bench *bench, struct err *err)
{
    return planner_setup(&bench->def, &bench->tree, &bench->options, &bench->facts, &bench->argv, &bench->setup, err);
}

static void make_plan(struct bench *bench)
{
    struct err err = {0};
    ck_assert_msg(make_setup(bench, &err) == 0, "%s", err.text);
    planner_build(&bench->setup, &bench->facts, "/store/rootfs", "/scratch", &bench->plan);
}

static const struct plan_mount *mount_at(const struct plan *plan, const char *target)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        if (strcmp(plan->mount[i].target, target) == 0) {
            return &plan->mount[i];
        }
    }
    return NULL;
}

START_TEST(holds_fixed_what_nobody_turned_off)
{
    struct bench bench;
    bench_begin(&bench, "/data/work");
    make_plan(&bench);
    ck_assert_uint_eq(bench.setup.no_fix, 0);
    ck_assert_uint_eq(bench.setup.cpus, 6);
    ck_assert_str_eq(bench.plan.hostname, "sciwrap");
    ck_assert_str_eq(bench.plan.workdir, "/workspace");
    ck_assert_uint_eq(bench.plan.inner_uid, 1000);
    ck_assert_uint_eq(bench.plan.umask, 022);
    ck_assert(bench.plan.fixed_addresses);
    ck_assert_uint_eq(bench.setup.cpu_baseline, 0);
    ck_assert(!bench.setup.has_seed);
    bench_end(&bench);
}
END_TEST

START_TEST(lets_the_hosts_own_through_on_request)
{
    struct bench bench;
    bench_begin(&bench, "/data/work");
    bench.def.no_fix = 1U << FIX_TZ;
    strlist_add(&bench.options.no_fix, "hostname,user workdir");
    strlist_add(&bench.options.no_fix, "umask,aslr");
    make_plan(&bench);
    ck_assert_uint_eq(bench.setup.no_fix, 1U << FIX_TZ | 1U << FIX_HOSTNAME | 1U << FIX_USER | 1U << FIX_WORKDIR |
                                              1U << FIX_UMASK | 1U << FIX_ASLR);
    ck_assert_str_eq(bench.plan.hostname, "node7");
    ck_assert_str_eq(bench.plan.workdir, "/data/work");
    ck_assert_str_eq(mount_at(&bench.plan, "/data/work")->source, "/data/work");
    ck_assert_uint_eq(bench.plan.inner_uid, 4321);
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/passwd")->content, "\nada:x:4321:8765:ada:/home/"));
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/group")->content, "\nada:x:8765:"));
    ck_assert(strlist_has(&bench.plan.environment, "USER=ada"));
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/hosts")->content, " node7\n"));
    ck_assert_uint_eq(bench.plan.umask, 027);
    ck_assert(!bench.plan.fixed_addresses);
    bench_end(&bench);
}
END_TEST

START_TEST(options_go_on_from_the_definition)
{
    struct bench bench;
    bench_begin(&bench, "/data/work");
    bench.def.no_fix = 1U << FIX_HOSTNAME | 1U << FIX_WORKDIR;
    bench.def.cpu_baseline = 3;
    make_plan(&bench);
    ck_assert_str_eq(bench.plan.hostname, "node7");
    ck_assert_str_eq(bench.plan.workdir, "/data/work");
    ck_assert_uint_eq(bench.setup.cpu_baseline, 3);
    ck_assert(strlist_has(&bench.plan.environment, "OPENBLAS_CORETYPE=Haswell"));
    bench_end(&bench);

    bench_begin(&bench, "/data/work");
    bench.def.no_fix = 1U << FIX_HOSTNAME | 1U << FIX_WORKDIR;
    bench.def.cpu_baseline = 3;
    bench.options.workdir = xstrdup("/here");
    bench.options.has_baseline = true;
    make_plan(&bench);
    ck_assert_str_eq(bench.plan.workdir, "/here");
    ck_assert_uint_eq(bench.setup.no_fix, 1U << FIX_HOSTNAME);
    ck_assert_uint_eq(bench.setup.cpu_baseline, 0);
    bench_end(&bench);

    bench_begin(&bench, "/data/work");
    bench.def.no_fix = 1U << FIX_HOSTNAME;
    strlist_add(&bench.options.no_fix, "none");
    make_plan(&bench);
    ck_assert_str_eq(bench.plan.hostname, "sciwrap");
    bench_end(&bench);
}
END_TEST

static const char *const covering[] = {"/etc", "/tmp", "/home", "/home/researcher", "/var"};

START_TEST(refuses_a_place_of_the_host_that_would_cover_the_sandbox)
{
    struct bench bench;
    struct err err = {0};
    bench_begin(&bench, covering[_i]);
    strlist_add(&bench.options.no_fix, "workdir");
    ck_assert_int_eq(make_setup(&bench, &err), -1);
    assert_error(&err, ERR_USAGE, "--no-fix workdir");
    bench_end(&bench);
}
END_TEST

/* What cannot be the caller's name inside, because the line of somebody else in /etc/passwd has it. */
static const char *const taken_names[] = {NULL, "root", "nobody"};

START_TEST(names_an_unnameable_caller_researcher)
{
    struct bench bench;
    bench_begin(&bench, "/w");
    free(bench.facts.user);
    bench.facts.user = taken_names[_i] != NULL ? xstrdup(taken_names[_i]) : NULL;
    free(bench.facts.hostname);
    bench.facts.hostname = NULL;
    strlist_add(&bench.options.no_fix, "user,hostname");
    make_plan(&bench);
    ck_assert(strlist_has(&bench.plan.environment, "USER=researcher"));
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/passwd")->content, "\nresearcher:x:4321:8765:"));
    ck_assert_str_eq(bench.plan.hostname, "sciwrap");
    bench_end(&bench);
}
END_TEST

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

static char *leaks_of(const struct setup *setup, int random_addresses)
{
    struct doc *top = doc_object();
    struct doc *leaks = doc_array();
    settings_add_leaks(leaks, setup, random_addresses);
    doc_put(top, "leaks", leaks);
    char *text = doc_print(top);
    doc_free(top);
    return text;
}

START_TEST(leaks_name_what_was_not_fixed)
{
    struct setup setup = {.no_fix = (1U << FIXES) - 1};
    auto_free char *all = leaks_of(&setup, 0);
    ck_assert_uint_eq(count_of(all, "\"kind\": \"aslr\""), 1);
    for (unsigned i = 0; i < FIXES; i++) {
        auto_free char *leak = xasprintf("\"kind\": \"%s\"", fix_name((enum fix)i));
        ck_assert_uint_eq(count_of(all, leak), i != FIX_USER); /* the leak of that is "identity" */
    }
    setup.no_fix = 0;
    auto_free char *none = leaks_of(&setup, 0);
    ck_assert_uint_eq(count_of(none, "kind"), 0);
    auto_free char *refused = leaks_of(&setup, EPERM);
    ck_assert_uint_eq(count_of(refused, "this host does not let that be turned off (Operation not permitted)"), 1);
}
END_TEST

static const struct {
    unsigned no_fix, baseline, level;
    uint64_t cpus;
    const char *note; /* NULL: nothing to say */
} machines[] = {
    {0, 0, 2, 6, NULL},
    {0, 3, 3, 6, NULL},
    {0, 3, 4, 6, NULL},
    {0, 0, 2, 1, "could use 6 CPUs, here there is 1; its numbers of threads are kept, but OpenBLAS"},
    {0, 0, 2, 64, "could use 6 CPUs, here there are 64; its numbers of threads are kept"},
    {1U << FIX_THREADS, 0, 2, 64, "could use 6 CPUs, here there are 64; libraries may use another"},
    {0, 3, 2, 6, "x86-64-v3, which this processor cannot execute"},
};

START_TEST(a_rerun_says_what_this_machine_cannot_repeat)
{
    struct strlist notes = {0};
    struct setup setup = {.cpus = 6, .no_fix = machines[_i].no_fix, .cpu_baseline = machines[_i].baseline};
    settings_notes(&setup, machines[_i].cpus, machines[_i].level, &notes);
    ck_assert_uint_eq(notes.count, machines[_i].note != NULL);
    ck_assert(notes.count == 0 || strstr(notes.item[0], machines[_i].note) != NULL);
    strlist_release(&notes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *plan = tcase_create("plan");
    tcase_add_test(plan, holds_fixed_what_nobody_turned_off);
    tcase_add_test(plan, lets_the_hosts_own_through_on_request);
    tcase_add_test(plan, options_go_on_from_the_definition);
    tcase_add_loop_test(plan, names_an_unnameable_caller_researcher, 0, ROWS(taken_names));
    tcase_add_loop_test(plan, refuses_a_place_of_the_host_that_would_cover_the_sandbox, 0, ROWS(covering));
    suite_add_tcase(suite, plan);
    TCase *record = tcase_create("record");
    tcase_add_test(record, leaks_name_what_was_not_fixed);
    tcase_add_loop_test(record, a_rerun_says_what_this_machine_cannot_repeat, 0, ROWS(machines));
    suite_add_tcase(suite, record);
    return unit_run(suite);
}
