/* SPDX-License-Identifier: BSD-2-Clause
 * Tests of run/planner and run/autobind: what a definition and a command line become. */
#include "run/planner.h"

#include <sys/stat.h>

#include "base/mem.h"
#include "run/autobind.h"
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
    strlist_add(&bench->def.variables, "TERM=from-definition");
    strlist_add(&bench->def.variables, "TOOL=1");
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

START_TEST(plans_the_mounts_in_their_order)
{
    static const char *const want[] = {
        "/proc",       "/dev",       "/run",       "/tmp",          "/var/tmp",  "/home/researcher",
        "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/workspace"};
    struct bench bench;
    bench_begin(&bench, "/data/work");
    make_plan(&bench);
    ck_assert_uint_eq(bench.plan.mount_count, ROWS(want));
    for (size_t i = 0; i < ROWS(want); i++) {
        ck_assert_str_eq(bench.plan.mount[i].target, want[i]);
    }
    const struct plan_mount *work = mount_at(&bench.plan, "/workspace");
    ck_assert_str_eq(work->source, "/data/work");
    ck_assert(!work->read_only);
    ck_assert_str_eq(mount_at(&bench.plan, "/tmp")->source, "/scratch/tmp");
    ck_assert_str_eq(mount_at(&bench.plan, "/home/researcher")->source, "/scratch/home");
    ck_assert_str_eq(bench.plan.workdir, "/workspace");
    ck_assert_str_eq(bench.plan.hostname, "sciwrap");
    ck_assert(!bench.plan.network_host && !bench.plan.writable);
    bench_end(&bench);
}
END_TEST

START_TEST(makes_a_clean_sorted_set_of_variables)
{
    static const char *const want[] = {
        "HOME=/home/researcher",
        "LC_ALL=C.UTF-8",
        "LOGNAME=researcher",
        "MKL_DYNAMIC=FALSE",
        "MKL_NUM_THREADS=6",
        "NUMEXPR_MAX_THREADS=6",
        "NUMEXPR_NUM_THREADS=6",
        "OMP_DYNAMIC=FALSE",
        "OMP_NUM_THREADS=6",
        "OPENBLAS_NUM_THREADS=6",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PERL_HASH_SEED=0",
        "PERL_PERTURB_KEYS=0",
        "PYTHONHASHSEED=0",
        "SOURCE_DATE_EPOCH=315619200",
        "TERM=from-definition",
        "TOOL=2",
        "TZ=UTC",
        "USER=researcher",
        "Z=x",
    };
    struct bench bench;
    bench_begin(&bench, "/w");
    strlist_add(&bench.options.variables, "Z=x");
    strlist_add(&bench.options.variables, "TOOL=2");
    make_plan(&bench);
    ck_assert_uint_eq(bench.plan.environment.count, ROWS(want));
    for (size_t i = 0; i < ROWS(want); i++) {
        ck_assert_str_eq(bench.plan.environment.item[i], want[i]);
    }
    bench_end(&bench);
}
END_TEST

static const struct {
    enum identity identity;
    uid_t uid;
    gid_t gid;
    const char *user, *passwd, *group;
} identities[] = {
    {IDENTITY_RESEARCHER, 1000, 1000, "USER=researcher", "researcher:x:1000:1000:", "researcher:x:1000:"},
    {IDENTITY_CALLER, 4321, 8765, "USER=researcher", "researcher:x:4321:8765:", "researcher:x:8765:"},
    {IDENTITY_ROOT, 0, 0, "USER=root", "root:x:0:0:root:/home/researcher:", "root:x:0:"},
};

START_TEST(knows_who_the_command_is)
{
    struct bench bench;
    bench_begin(&bench, "/w");
    bench.def.identity = identities[_i].identity;
    make_plan(&bench);
    ck_assert_uint_eq(bench.plan.inner_uid, identities[_i].uid);
    ck_assert_uint_eq(bench.plan.inner_gid, identities[_i].gid);
    ck_assert(strlist_has(&bench.plan.environment, identities[_i].user));
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/passwd")->content, identities[_i].passwd));
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/passwd")->content, "nobody:x:65534:"));
    ck_assert_ptr_nonnull(strstr(mount_at(&bench.plan, "/etc/group")->content, identities[_i].group));
    bench_end(&bench);
}
END_TEST

START_TEST(brings_name_servers_with_the_network_only)
{
    struct bench bench;
    bench_begin(&bench, "/w");
    bench.facts.resolv_conf = xstrdup("nameserver 192.0.2.1\n");
    make_plan(&bench);
    ck_assert_ptr_null(mount_at(&bench.plan, "/etc/resolv.conf"));
    plan_release(&bench.plan);
    setup_release(&bench.setup);
    bench.plan = (struct plan){0};
    bench.options.has_network = true;
    bench.options.network = NETWORK_HOST;
    make_plan(&bench);
    ck_assert_str_eq(mount_at(&bench.plan, "/etc/resolv.conf")->content, "nameserver 192.0.2.1\n");
    ck_assert(bench.plan.network_host);
    bench_end(&bench);
}
END_TEST

START_TEST(hides_records_wherever_a_bind_would_show_them)
{
    struct bench bench;
    bench_begin(&bench, "/p/work");
    strlist_add(&bench.facts.hidden, "/p/work/.sciwrap");
    strlist_add(&bench.facts.hidden, "/p/other/.sciwrap");
    struct bind *bind = bind_add(&bench.options.binds, "/p", "/shown");
    bind->is_directory = true;
    make_plan(&bench);
    static const char *const want[] = {"/workspace/.sciwrap", "/shown/work/.sciwrap", "/shown/other/.sciwrap"};
    for (size_t i = 0; i < ROWS(want); i++) {
        const struct plan_mount *cover = mount_at(&bench.plan, want[i]);
        ck_assert_msg(cover != NULL, "nothing over %s", want[i]);
        ck_assert(cover->kind == PLAN_TMPFS && cover->read_only);
    }
    ck_assert_uint_eq(bench.plan.mount_count, 15);
    bench_end(&bench);
}
END_TEST

START_TEST(hides_the_private_folders_of_other_runs)
{
    static const struct {
        const char *source, *scratch, *hidden; /* NULL: nothing is */
    } rows[] = {
        {"/p", "/p/tmp/sciwrap-1/run.0", "/shown/tmp/sciwrap-1"},
        {"/p/tmp", "/p/tmp/sciwrap-1/run.0", "/shown/sciwrap-1"},
        {"/p", "/q/sciwrap-1/run.0", NULL},
        {"/p", "/p2/sciwrap-1/run.0", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench bench;
        struct err err = {0};
        bench_begin(&bench, "/work");
        bind_add(&bench.options.binds, rows[i].source, "/shown")->is_directory = true;
        ck_assert_msg(make_setup(&bench, &err) == 0, "%s", err.text);
        planner_build(&bench.setup, &bench.facts, "/store/rootfs", rows[i].scratch, &bench.plan);
        const struct plan_mount *last = &bench.plan.mount[bench.plan.mount_count - 1];
        ck_assert_str_eq(last->target, rows[i].hidden != NULL ? rows[i].hidden : "/shown");
        ck_assert_int_eq(last->kind, rows[i].hidden != NULL ? PLAN_TMPFS : PLAN_BIND);
        bench_end(&bench);
    }
}
END_TEST

static const char *const wrong_workdirs[] = {"/", "/proc", "/proc/self", "/dev", "/sys/fs", "/x/.sciwrap"};

START_TEST(refuses_places_for_the_work_directory)
{
    struct bench bench;
    struct err err = {0};
    bench_begin(&bench, "/w");
    bench.options.workdir = xstrdup(wrong_workdirs[_i]);
    ck_assert_int_eq(make_setup(&bench, &err), -1);
    assert_error(&err, ERR_USAGE, wrong_workdirs[_i]);
    bench_end(&bench);
}
END_TEST

START_TEST(refuses_a_bind_over_the_work_directory)
{
    struct bench bench;
    struct err err = {0};
    bench_begin(&bench, "/w");
    bench.options.workdir = xstrdup("/data/here");
    bind_add(&bench.options.binds, "/etc", "/data");
    ck_assert_int_eq(make_setup(&bench, &err), -1);
    assert_error(&err, ERR_USAGE, "'/data'");
    bench_end(&bench);
}
END_TEST

/* A host folder with data/reads.bam, work/in.txt and work/link -> ../data/reads.bam; an image with /usr/data and an
 * empty /mnt. The places are named in the arguments as @/data and so on. */
static struct unit_folder folder;

static void make_host(void)
{
    static const char *const folders[] = {"data", "work", "image", "image/usr", "image/usr/data", "image/mnt"};
    unit_folder_begin(&folder);
    for (size_t i = 0; i < ROWS(folders); i++) {
        ck_assert_int_eq(mkdirat(folder.fd, folders[i], 0755), 0);
    }
    unit_write(&folder, "data/reads.bam", "x");
    unit_write(&folder, "work/in.txt", "x");
    unit_write(&folder, "image/usr/data/file", "x");
    ck_assert_int_eq(symlinkat("../data/reads.bam", folder.fd, "work/link"), 0);
}

static void remove_host(void)
{
    unit_folder_end(&folder);
}

static char *placed(const char *text)
{
    const char *at = strchr(text, '@');
    return at == NULL ? xstrdup(text) : xasprintf("%.*s%s%s", (int)(at - text), text, folder.path, at + 1);
}

static const struct {
    const char *argument;
    const char *bound; /* NULL: nothing */
    bool read_only;
    const char *note; /* NULL: nothing is said */
} arguments[] = {
    {"view", NULL, false, NULL},
    {"in.txt", NULL, false, NULL},
    {"/usr/data/file", NULL, false, NULL},
    {"@/data/reads.bam", "@/data", true, "bound"},
    {"@/data", "@/data", true, "bound"},
    {"--reads=@/data/reads.bam", "@/data", true, "bound"},
    {"@/data/../data/reads.bam", "@/data", true, "bound"},
    {"@/work/in.txt", "@/work", false, "also at"},
    {"@/work/new.txt", "@/work", false, "also at"},
    {"echo x >@/work/new.txt", "@/work", false, "also at"},
    {"test -e @/data/reads.bam", NULL, false, NULL},
    {"@/data/absent.bam", NULL, false, "--bind"},
    {"/dev/null", NULL, false, NULL},
    {"/proc/self/status", NULL, false, NULL},
    {"/", NULL, false, NULL},
    {"/no/such/path", NULL, false, NULL},
};

START_TEST(binds_what_arguments_name)
{
    struct bench bench;
    struct err err = {0};
    struct strlist notes = {0};
    auto_free char *workdir = placed("@/work");
    auto_fd int image = openat(folder.fd, "image", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bench_begin(&bench, workdir);
    strlist_take(&bench.argv, placed(arguments[_i].argument));
    ck_assert_int_eq(make_setup(&bench, &err), 0);
    autobind_arguments(&bench.setup, &bench.facts, image, 1, &notes);
    ck_assert_uint_eq(bench.setup.binds.count, arguments[_i].bound != NULL);
    if (arguments[_i].bound != NULL) {
        auto_free char *bound = placed(arguments[_i].bound);
        ck_assert_str_eq(bench.setup.binds.item[0].source, bound);
        ck_assert_str_eq(bench.setup.binds.item[0].target, bound);
        ck_assert_int_eq(bench.setup.binds.item[0].read_only, arguments[_i].read_only);
    }
    ck_assert_uint_eq(notes.count, arguments[_i].note != NULL);
    ck_assert(notes.count == 0 || strstr(notes.item[0], arguments[_i].note) != NULL);
    strlist_release(&notes);
    bench_end(&bench);
}
END_TEST

static const char *const leading_out[] = {"link", "../data/reads.bam", "--reads=../data/reads.bam", "../data"};

/* Where a relative path leads inside: /workspace/../data. */
START_TEST(binds_what_relative_paths_lead_to)
{
    struct bench bench;
    struct err err = {0};
    struct strlist notes = {0};
    auto_free char *workdir = placed("@/work");
    auto_free char *source = placed("@/data");
    auto_fd int image = openat(folder.fd, "image", O_PATH | O_DIRECTORY | O_CLOEXEC);
    bench_begin(&bench, workdir);
    strlist_add(&bench.argv, leading_out[_i]);
    ck_assert_int_eq(make_setup(&bench, &err), 0);
    autobind_arguments(&bench.setup, &bench.facts, image, 1, &notes);
    ck_assert_uint_eq(bench.setup.binds.count, 1);
    ck_assert_str_eq(bench.setup.binds.item[0].source, source);
    ck_assert_str_eq(bench.setup.binds.item[0].target, "/data");
    ck_assert(bench.setup.binds.item[0].read_only);
    ck_assert_uint_eq(notes.count, 1);
    strlist_release(&notes);
    bench_end(&bench);
}
END_TEST

START_TEST(hints_where_a_bind_would_cover_the_image)
{
    struct bench bench;
    struct err err = {0};
    struct strlist notes = {0};
    auto_free char *workdir = placed("@/work");
    auto_fd int image = openat(folder.fd, "image", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct err made = {0};
    auto_free char *inside = xasprintf("%s/image%s/data", folder.path, folder.path);
    ck_assert_msg(fs_make_dirs(inside, 0755, &made) == 0, "%s", made.text);
    auto_free char *other = xasprintf("%s/other", inside);
    auto_fd int fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    bench_begin(&bench, workdir);
    strlist_take(&bench.argv, placed("@/data/reads.bam"));
    ck_assert_int_eq(make_setup(&bench, &err), 0);
    autobind_arguments(&bench.setup, &bench.facts, image, 1, &notes);
    ck_assert_uint_eq(bench.setup.binds.count, 0);
    ck_assert_uint_eq(notes.count, 1);
    ck_assert_ptr_nonnull(strstr(notes.item[0], "--bind"));
    strlist_release(&notes);
    bench_end(&bench);
}
END_TEST

START_TEST(takes_limits_of_options_before_those_of_the_definition)
{
    struct bench bench;
    struct err err = {0};
    bench_begin(&bench, "/work");
    const struct limits expected = {{99, 0, 2, 3, 4, 5}};
    bench.def.limits = (struct limits){{10, 1 << 20, 2, 3, 4, 5}};
    bench.options.limits.value[LIMIT_PIDS] = 99;
    bench.options.has_limit = 1U << LIMIT_PIDS | 1U << LIMIT_MEMORY; /* of memory: none */
    make_plan(&bench);
    ck_assert_mem_eq(&bench.plan.limits, &expected, sizeof(expected));
    ck_assert_uint_eq(bench.setup.cpus, 2);
    ck_assert(strlist_has(&bench.plan.environment, "OMP_NUM_THREADS=2"));
    bench_end(&bench);
    bench_begin(&bench, "/work"); /* six CPUs: a definition says what is enough, an option what is wanted */
    bench.def.limits.value[LIMIT_CPUS] = 7;
    make_plan(&bench);
    ck_assert_uint_eq(bench.setup.cpus, 6);
    bench_end(&bench);
    bench_begin(&bench, "/work");
    ck_assert_int_eq(options_set_limit(&bench.options, LIMIT_CPUS, "7", &err), 0);
    ck_assert_int_eq(make_setup(&bench, &err), -1);
    assert_error(&err, ERR_HOST, "--cpus 7: this process may use 6");
    bench_end(&bench);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("planner");
    TCase *plan = tcase_create("plan");
    tcase_add_test(plan, plans_the_mounts_in_their_order);
    tcase_add_test(plan, makes_a_clean_sorted_set_of_variables);
    tcase_add_loop_test(plan, knows_who_the_command_is, 0, ROWS(identities));
    tcase_add_test(plan, brings_name_servers_with_the_network_only);
    tcase_add_test(plan, hides_records_wherever_a_bind_would_show_them);
    tcase_add_test(plan, hides_the_private_folders_of_other_runs);
    tcase_add_loop_test(plan, refuses_places_for_the_work_directory, 0, ROWS(wrong_workdirs));
    tcase_add_test(plan, refuses_a_bind_over_the_work_directory);
    tcase_add_test(plan, takes_limits_of_options_before_those_of_the_definition);
    suite_add_tcase(suite, plan);
    TCase *autobind = tcase_create("autobind");
    tcase_add_checked_fixture(autobind, make_host, remove_host);
    tcase_add_loop_test(autobind, binds_what_arguments_name, 0, ROWS(arguments));
    tcase_add_loop_test(autobind, binds_what_relative_paths_lead_to, 0, ROWS(leading_out));
    tcase_add_test(autobind, hints_where_a_bind_would_cover_the_image);
    suite_add_tcase(suite, autobind);
    return unit_run(suite);
}
