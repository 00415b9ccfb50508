/* SPDX-License-Identifier: BSD-2-Clause
 * planner: definition, options and host facts to a setup; setup and facts to a plan. */
#include "run/planner.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"

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

bool planner_would_cover(const struct setup *setup, const char *path)
{
    for (size_t i = 0; built_in[i] != NULL; i++) {
        if (path_is_under(built_in[i], path)) {
            return true;
        }
    }
    return path_is_under(setup->home, path) || path_is_under(setup->workdir, path);
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
}

static const char *user_name(const struct setup *setup)
{
    return setup->uid == 0 ? "root" : "researcher";
}

/* The clean base, then the definition's, then the caller's: the later wins. */
static void set_variables(struct setup *setup, const struct definition *def, const struct run_options *options,
                          const struct facts *facts)
{
    struct strlist *variables = &setup->variables;
    strlist_add(variables, "TZ=UTC");
    strlist_add(variables, "LC_ALL=C.UTF-8");
    strlist_add(variables, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    strlist_addf(variables, "HOME=%s", setup->home);
    strlist_addf(variables, "USER=%s", user_name(setup));
    strlist_addf(variables, "LOGNAME=%s", user_name(setup));
    strlist_addf(variables, "TERM=%s", facts->term);
    for (size_t i = 0; i < def->variables.count; i++) {
        setup_set_variable(variables, def->variables.item[i]);
    }
    for (size_t i = 0; i < options->variables.count; i++) {
        setup_set_variable(variables, options->variables.item[i]);
    }
    strlist_sort(variables);
}

static void set_environment(struct setup *setup, const struct definition *def, const struct store_tree *tree)
{
    setup->environment = (struct setup_environment){
        .name = xstrdup(def->name),
        .artifact = def->sha256,
        .size = def->size,
        .tree = tree->tree,
        .entries = tree->entries,
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
        bind->read_only = asked->read_only;
        bind->is_directory = asked->is_directory;
        bind->origin = asked->origin;
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
    setup->workdir = xstrdup(options->workdir != NULL ? options->workdir : def->workdir);
    setup->home = xstrdup(def->home);
    setup->hostname = xstrdup(SETUP_HOSTNAME);
    setup->network = options->has_network ? options->network : def->network;
    setup->identity = def->identity;
    setup->writable = options->writable || def->writable;
    setup->umask = facts->umask;
    set_identity(setup, facts);
    set_variables(setup, def, options, facts);
    if (options_is_reserved(setup->workdir)) {
        return err_set(err, ERR_USAGE, "the work directory cannot be at '%s' inside", setup->workdir);
    }
    return copy_binds(setup, &options->binds, err);
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
        buf_addf(&passwd, "researcher:x:%u:%u:researcher:%s:/bin/sh\n", setup->uid, setup->gid, setup->home);
    }
    if (setup->gid != 0) {
        buf_addf(&group, "researcher:x:%u:\n", setup->gid);
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

/* A read-only empty folder over each record folder that the bind of `source` at `target` would show: what a run could
 * change would be no record. */
static void hide_records(const struct facts *facts, const char *source, const char *target, struct plan *plan)
{
    for (size_t i = 0; i < facts->hidden.count; i++) {
        const char *hidden = facts->hidden.item[i];
        if (path_is_under(hidden, source) && strcmp(hidden, source) != 0) {
            auto_free char *inside = path_normal(target, path_below(hidden, source));
            plan_add_mount(plan, PLAN_TMPFS, inside)->read_only = true;
        }
    }
}

void planner_build(const struct setup *setup, const struct facts *facts, const char *rootfs, const char *scratch,
                   struct plan *ret_plan)
{
    struct plan *plan = ret_plan;
    plan->rootfs = xstrdup(rootfs);
    plan->scratch = xstrdup(scratch);
    plan->writable = setup->writable;
    plan_add_mount(plan, PLAN_PROC, "/proc");
    plan_add_mount(plan, PLAN_DEV, "/dev");
    plan_add_mount(plan, PLAN_TMPFS, "/run");
    add_private_folders(setup, scratch, plan);
    add_identity_files(setup, plan);
    add_name_files(setup, facts, plan);
    plan_add_bind(plan, facts->workdir, setup->workdir, false);
    hide_records(facts, facts->workdir, setup->workdir, plan);
    for (size_t i = 0; i < setup->binds.count; i++) {
        const struct bind *bind = &setup->binds.item[i];
        plan_add_bind(plan, bind->source, bind->target, bind->read_only);
        hide_records(facts, bind->source, bind->target, plan);
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
    plan->network_host = setup->network == NETWORK_HOST;
}
