/* SPDX-License-Identifier: BSD-2-Clause
 * planner: definition, options and host facts to a setup; setup and facts to a plan. */
#include "run/planner.h"

#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/scratch.h"
#include "run/variables.h"

static const struct {
    const char *folder; /* in the scratch folder */
    const char *target; /* NULL: the home of the setup */
} private_folders[] = {
    {"tmp", "/tmp"},
    {"vartmp", "/var/tmp"},
    {"home", NULL},
};

enum { PRIVATE_FOLDERS = sizeof(private_folders) / sizeof(private_folders[0]) };

static const char *const built_in[] = {"/proc",      "/sys",          "/dev", "/run",     "/etc/passwd", "/etc/group",
                                       "/etc/hosts", "/etc/hostname", "/tmp", "/var/tmp", NULL};

static bool covers_built_in(const struct setup *setup, const char *path)
{
    for (size_t i = 0; built_in[i] != NULL; i++) {
        if (path_is_under(built_in[i], path)) {
            return true;
        }
    }
    return path_is_under(setup->home, path);
}

bool planner_would_cover(const struct setup *setup, const char *path)
{
    return covers_built_in(setup, path) || path_is_under(setup->workdir, path);
}

/* The names of the two other users that /etc/passwd has inside cannot be the caller's there. */
static const char *user_name(const struct setup *setup, const struct facts *facts)
{
    if (setup->uid == 0) {
        return "root";
    }
    bool own = fix_is_in(setup->no_fix, FIX_USER) && facts->user != NULL && strcmp(facts->user, "root") != 0 &&
               strcmp(facts->user, "nobody") != 0;
    return own ? facts->user : SETUP_USER;
}

static void set_identity(struct setup *setup, const struct facts *facts)
{
    setup->uid = 1000;
    setup->gid = 1000;
    if (setup->identity == IDENTITY_ROOT) {
        setup->uid = 0;
        setup->gid = 0;
    } else if (setup->identity == IDENTITY_CALLER) {
        setup->uid = facts->uid;
        setup->gid = facts->gid;
    }
    setup->user = xstrdup(user_name(setup, facts));
}

/* What is held fixed, and for what the host's own is let through. */
static void set_fixes(struct setup *setup, const struct definition *def, const struct run_options *options,
                      const struct facts *facts)
{
    struct err checked = {0}; /* run/options has let nothing else in */
    setup->no_fix = def->no_fix;
    for (size_t i = 0; i < options->no_fix.count; i++) {
        (void)fix_parse(options->no_fix.item[i], &setup->no_fix, &checked);
    }
    if (options->workdir != NULL) {
        setup->no_fix &= ~(1U << FIX_WORKDIR); /* it was said where it is */
    }
    bool own_name = fix_is_in(setup->no_fix, FIX_HOSTNAME) && facts->hostname != NULL;
    setup->hostname = xstrdup(own_name ? facts->hostname : SETUP_HOSTNAME);
    setup->umask = fix_is_in(setup->no_fix, FIX_UMASK) ? facts->umask : SETUP_UMASK;
    setup->identity = fix_is_in(setup->no_fix, FIX_USER) ? IDENTITY_CALLER : def->identity;
    uint64_t limit = setup->limits.value[LIMIT_CPUS];
    setup->cpus = limit != 0 && (facts->cpus == 0 || limit < facts->cpus) ? limit : facts->cpus;
    setup->cpu_baseline = options->has_baseline ? options->cpu_baseline : def->cpu_baseline;
    setup->has_seed = options->has_seed;
    setup->seed = options->seed;
}

/* What Slurm has not given to the job cannot be given to a run. */
static int check_job(const struct run_options *options, const struct job *job, struct err *err)
{
    static const struct {
        enum limit limit;
        const char *option;
    } shared[] = {{LIMIT_CPUS, "--cpus-per-task"}, {LIMIT_MEMORY, "--mem"}};
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
        enum limit limit = shared[i].limit;
        uint64_t most = limit == LIMIT_CPUS ? job->cpus : job->memory_bytes;
        if (most != 0 && options->limits.value[limit] > most) {
            auto_free char *asked = limit_text(limit, options->limits.value[limit]);
            auto_free char *given = limit_text(limit, most);
            return err_set(err, ERR_HOST, "--%s: %s; this job has %s (ask Slurm for more with %s)", limit_name(limit),
                           asked, given, shared[i].option);
        }
    }
    return 0;
}

static int set_limits(struct setup *setup, const struct definition *def, const struct run_options *options,
                      const struct facts *facts, struct err *err)
{
    for (int i = 0; i < LIMITS; i++) {
        bool said = (options->has_limit & 1U << i) != 0;
        setup->limits.value[i] = said ? options->limits.value[i] : def->limits.value[i];
    }
    uint64_t asked = options->limits.value[LIMIT_CPUS];
    /* A definition comes from elsewhere and says what is enough; an option says what is wanted here. */
    if (check_job(options, &facts->job, err) < 0) {
        return -1;
    }
    if (asked > facts->cpus && facts->cpus > 0) {
        return err_set(err, ERR_HOST, "--cpus %" PRIu64 ": this process may use %" PRIu64 " (taskset -p $$, nproc)",
                       asked, facts->cpus);
    }
    return 0;
}

static const char *workdir_inside(const struct setup *setup, const struct definition *def,
                                  const struct run_options *options, const struct facts *facts)
{
    if (options->workdir != NULL) {
        return options->workdir;
    }
    return fix_is_in(setup->no_fix, FIX_WORKDIR) ? facts->workdir : def->workdir;
}

static void set_environment(struct setup *setup, const struct definition *def, const struct store_tree *tree)
{
    setup->environment = (struct setup_environment){
        .name = xstrdup(def->name),
        .artifact = def->sha256,
        .size = def->size,
        .tree = tree->tree,
        .entries = tree->entries,
        .changes = tree->changes,
        .has_tar = def->has_tar_sha256,
        .tar = def->tar_sha256,
        .recipe = def->recipe != NULL ? xstrdup(def->recipe) : NULL,
        .definition_path = xstrdup(def->path),
        .definition_text = xstrdup(def->text),
    };
}

static int copy_binds(struct setup *setup, const struct bind_list *binds, struct err *err)
{
    for (size_t i = 0; i < binds->count; i++) {
        const struct bind *asked = &binds->item[i];
        if (path_is_under(setup->workdir, asked->target)) {
            return err_set(err, ERR_USAGE, "--bind: '%s' would cover the work directory; choose another DST",
                           asked->target);
        }
        struct bind *bind = bind_add(&setup->binds, asked->source, asked->target);
        bind->real = asked->real != NULL ? xstrdup(asked->real) : NULL;
        bind->read_only = asked->read_only;
        bind->is_directory = asked->is_directory;
        bind->origin = asked->origin;
    }
    return 0;
}

/* What a specification of devices has outside of our folder for it must not cover what makes up the sandbox. */
int planner_check_devices(const struct setup *setup, struct err *err)
{
    for (size_t i = 0; i < setup->devices.file_count; i++) {
        const char *path = setup->devices.file[i].path;
        if (!path_is_under(path, DEVICES_FOLDER) &&
            (options_is_reserved(path) || planner_would_cover(setup, path) || path_is_under(path, setup->workdir))) {
            return err_set(err, ERR_INVALID, "a specification of devices has a file at '%s', where nothing can be put",
                           path);
        }
    }
    return 0;
}

int planner_setup(const struct definition *def, const struct store_tree *tree, const struct run_options *options,
                  const struct facts *facts, const struct strlist *argv, struct setup *ret_setup, struct err *err)
{
    struct setup *setup = ret_setup;
    set_environment(setup, def, tree);
    for (size_t i = 0; i < argv->count; i++) {
        strlist_add(&setup->argv, argv->item[i]);
    }
    if (set_limits(setup, def, options, facts, err) < 0) {
        return -1;
    }
    set_fixes(setup, def, options, facts);
    setup->workdir = xstrdup(workdir_inside(setup, def, options, facts));
    setup->home = xstrdup(def->home);
    setup->network = options->has_network ? options->network : def->network;
    setup->writable = options->writable || def->writable;
    setup->nested = options->nested;
    setup->private_cores = options->private_cores;
    set_identity(setup, facts);
    variables_make(setup, def, &options->variables, facts);
    if (options_is_reserved(setup->workdir)) {
        return err_set(err, ERR_USAGE, "the work directory cannot be at '%s' inside", setup->workdir);
    }
    /* /etc, /tmp or /home, where somebody happens to stand; who asks for such a place by its name gets it. */
    if (fix_is_in(setup->no_fix, FIX_WORKDIR) && covers_built_in(setup, setup->workdir)) {
        return err_set(
            err, ERR_USAGE,
            "--no-fix workdir: at '%s' it would cover what the sandbox has there; change to another directory, "
            "or say --workdir",
            setup->workdir);
    }
    return planner_check_devices(setup, err) < 0 ? -1 : copy_binds(setup, &options->binds, err);
}

static void add_private_folders(const struct setup *setup, const char *scratch, struct plan *plan)
{
    for (size_t i = 0; i < PRIVATE_FOLDERS; i++) {
        auto_free char *source = xasprintf("%s/%s", scratch, private_folders[i].folder);
        const char *target = private_folders[i].target != NULL ? private_folders[i].target : setup->home;
        plan_add_bind(plan, source, target, false);
    }
}

/* A line of passwd and group each for root, the user inside, and nobody: the owner of whatever is not mapped. */
static void add_identity_files(const struct setup *setup, struct plan *plan)
{
    struct buf passwd = {0};
    struct buf group = {0};
    buf_addf(&passwd, "root:x:0:0:root:%s:/bin/sh\n", setup->uid == 0 ? setup->home : "/root");
    buf_add_text(&group, "root:x:0:\n");
    if (setup->uid != 0) {
        buf_addf(&passwd, "%s:x:%u:%u:%s:%s:/bin/sh\n", setup->user, setup->uid, setup->gid, setup->user, setup->home);
    }
    if (setup->gid != 0) {
        buf_addf(&group, "%s:x:%u:\n", setup->user, setup->gid);
    }
    if (setup->uid != 65534) {
        buf_add_text(&passwd, "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
    }
    if (setup->gid != 65534) {
        buf_add_text(&group, "nogroup:x:65534:\n");
    }
    plan_add_file(plan, "/etc/passwd", buf_text(&passwd));
    plan_add_file(plan, "/etc/group", buf_text(&group));
    buf_release(&passwd);
    buf_release(&group);
}

static void add_name_files(const struct setup *setup, const struct facts *facts, struct plan *plan)
{
    auto_free char *hosts =
        xasprintf("127.0.0.1 localhost %s\n::1 localhost ip6-localhost ip6-loopback\n", setup->hostname);
    auto_free char *hostname = xasprintf("%s\n", setup->hostname);
    plan_add_file(plan, "/etc/hosts", hosts);
    plan_add_file(plan, "/etc/hostname", hostname);
    if (setup->network == NETWORK_HOST && facts->resolv_conf != NULL) {
        plan_add_file(plan, "/etc/resolv.conf", facts->resolv_conf);
    }
}

/* A read-only empty folder over `hidden` where the bind of `source` at `target` would show it. `real` is the source
 * without links, or NULL: what is hidden may be known by either. */
static void hide(const char *hidden, const char *source, const char *real, const char *target, struct plan *plan)
{
    const char *above = real != NULL && path_is_under(hidden, real) ? real : source;
    if (path_is_under(hidden, above) && strcmp(hidden, above) != 0) {
        auto_free char *inside = path_normal(target, path_below(hidden, above));
        plan_add_mount(plan, PLAN_TMPFS, inside)->read_only = true;
    }
}

/* What a run could change would be no record, and no private folder of another run: all runs of a user have theirs in
 * one place, where ranks meet as well (run/join.h). */
static void hide_own(const struct facts *facts, const char *source, const char *real, const char *target,
                     struct plan *plan)
{
    auto_free char *parent = scratch_parent(plan->scratch);
    for (size_t i = 0; i < facts->hidden.count; i++) {
        hide(facts->hidden.item[i], source, real, target, plan);
    }
    hide(parent, source, real, target, plan);
}

static void add_devices(const struct devices *devices, const struct facts *facts, struct plan *plan)
{
    for (size_t i = 0; i < devices->node_count; i++) {
        const struct devices_node *node = &devices->node[i];
        plan_add_device(plan, node->host, node->path, node->major, node->minor);
    }
    if (devices->file_count > 0) {
        plan_add_mount(plan, PLAN_TMPFS, DEVICES_FOLDER)->read_only = true;
    }
    for (size_t i = 0; i < devices->file_count; i++) {
        plan_add_bind(plan, devices->file[i].host, devices->file[i].path, true)->exact = true;
        hide_own(facts, devices->file[i].host, NULL, devices->file[i].path, plan);
    }
    for (size_t i = 0; i < devices->sysfs.count; i++) {
        plan_add_bind(plan, devices->sysfs.item[i], devices->sysfs.item[i], true)->exact = true;
    }
    for (size_t i = 0; i < devices->link_count; i++) {
        plan_add_link(plan, devices->link[i].path, devices->link[i].text);
    }
}

void planner_build(const struct setup *setup, const struct facts *facts, const char *rootfs, const char *scratch,
                   struct plan *ret_plan)
{
    struct plan *plan = ret_plan;
    plan->rootfs = xstrdup(rootfs);
    plan->scratch = xstrdup(scratch);
    plan->writable = setup->writable;
    plan->nested = setup->nested;
    plan->private_cores = setup->private_cores;
    plan->shared_proc = facts->shared_proc;
    plan_add_mount(plan, PLAN_PROC, "/proc");
    plan_add_mount(plan, PLAN_DEV, "/dev");
    plan_add_mount(plan, PLAN_TMPFS, "/run");
    add_private_folders(setup, scratch, plan);
    add_identity_files(setup, plan);
    add_name_files(setup, facts, plan);
    add_devices(&setup->devices, facts, plan);
    plan_add_bind(plan, facts->workdir, setup->workdir, false)->exact = true;
    hide_own(facts, facts->workdir, NULL, setup->workdir, plan);
    for (size_t i = 0; i < setup->binds.count; i++) {
        const struct bind *bind = &setup->binds.item[i];
        bool exact = bind->real != NULL && !bind->read_only;
        plan_add_bind(plan, exact ? bind->real : bind->source, bind->target, bind->read_only)->exact = exact;
        hide_own(facts, bind->source, bind->real, bind->target, plan);
    }
    for (size_t i = 0; i < setup->argv.count; i++) {
        strlist_add(&plan->argv, setup->argv.item[i]);
    }
    for (size_t i = 0; i < setup->variables.count; i++) {
        strlist_add(&plan->environment, setup->variables.item[i]);
    }
    plan->workdir = xstrdup(setup->workdir);
    plan->hostname = xstrdup(setup->hostname);
    plan->inner_uid = setup->uid;
    plan->inner_gid = setup->gid;
    plan->umask = setup->umask;
    plan->fixed_addresses = !fix_is_in(setup->no_fix, FIX_ASLR);
    plan->limits = setup->limits;
    plan->network_host = setup->network == NETWORK_HOST;
}
