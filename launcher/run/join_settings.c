/* SPDX-License-Identifier: BSD-2-Clause
 * join_settings: in what the ranks that share a sandbox must agree. */
#include "run/join_settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "env/verify.h"

static void add(struct strlist *settings, const char *what, const char *value)
{
    strlist_addf(settings, "%s\t%s", what, value != NULL ? value : "none");
}

static void add_flag(struct strlist *settings, const char *what, bool value)
{
    add(settings, what, value ? "yes" : "no");
}

static void add_number(struct strlist *settings, const char *what, uint64_t value)
{
    strlist_addf(settings, "%s\t%" PRIu64, what, value);
}

static void add_environment(const struct setup_environment *environment, const char *rootfs, struct strlist *settings)
{
    char artifact[DIGEST_HEX + 1];
    char tree[DIGEST_HEX + 1];
    digest_to_hex(&environment->artifact, artifact);
    digest_to_hex(&environment->tree, tree);
    add(settings, "environment", environment->name);
    add(settings, "artifact", artifact);
    add(settings, "tree digest", tree);
    add(settings, "root file system", rootfs);
}

static void add_setup(const struct setup *setup, struct strlist *settings)
{
    add(settings, "work directory inside", setup->workdir);
    add(settings, "network", setup_network_name(setup->network));
    add(settings, "identity", setup_identity_name(setup->identity));
    add_number(settings, "uid inside", setup->uid);
    add_number(settings, "gid inside", setup->gid);
    add_number(settings, "umask", setup->umask);
    add(settings, "home", setup->home);
    add(settings, "user name", setup->user);
    add(settings, "host name", setup->hostname);
    add_flag(settings, "writable layer", setup->writable);
    add_flag(settings, "leave to nest", setup->nested);
    add_flag(settings, "private cores", setup->private_cores);
    add_number(settings, "set of --no-fix", setup->no_fix);
    add_number(settings, "CPU baseline", setup->cpu_baseline);
    add_flag(settings, "use of a seed", setup->has_seed);
    add_number(settings, "seed", setup->seed);
    for (int i = 0; i < LIMITS; i++) {
        auto_free char *what = xasprintf("limit of %s", limit_name((enum limit)i));
        add_number(settings, what, setup->limits.value[i]);
    }
}

void join_settings(const struct setup *setup, const struct facts *facts, const struct run_options *options,
                   const char *rootfs, struct strlist *ret_settings)
{
    add(ret_settings, "version of sciwrap", SCIWRAP_VERSION);
    add_environment(&setup->environment, rootfs, ret_settings);
    add(ret_settings, "work directory", facts->workdir);
    add_flag(ret_settings, "leave to share /proc", facts->shared_proc);
    add_setup(setup, ret_settings);
    add_flag(ret_settings, "record", !options->no_record);
    add(ret_settings, "copy of the manifest", options->manifest);
    add_number(ret_settings, "keep limit", options->has_keep_limit ? options->keep_limit : 0);
    add_number(ret_settings, "level of --verify", options->has_verify ? (uint64_t)options->verify + 1 : 0);
    for (size_t i = 0; i < options->inputs.count; i++) {
        add(ret_settings, "input", options->inputs.item[i]);
    }
    for (size_t i = 0; i < setup->devices.asked.count; i++) {
        add(ret_settings, "device", setup->devices.asked.item[i]);
    }
    for (size_t i = 0; i < options->cdi_folders.count; i++) {
        add(ret_settings, "folder of specifications", options->cdi_folders.item[i]);
    }
    for (size_t i = 0; i < setup->binds.count; i++) {
        const struct bind *bind = &setup->binds.item[i];
        strlist_addf(ret_settings, "bound path\t%s:%s:%s", bind->source, bind->target, bind->read_only ? "ro" : "rw");
    }
}

char *join_settings_differ(const struct strlist *its, const struct strlist *others)
{
    static const char none[] = "bound path\tnone";
    size_t most = its->count > others->count ? its->count : others->count;
    for (size_t i = 0; i < most; i++) {
        const char *one = i < its->count ? its->item[i] : none;
        const char *other = i < others->count ? others->item[i] : none;
        if (strcmp(one, other) != 0) {
            size_t what = strcspn(one, "\t") + 1;
            bool of_the_same = strncmp(one, other, what) == 0;
            return xasprintf("its %.*s is '%s', that of the others is '%s'", (int)what - 1, one, one + what,
                             of_the_same ? other + what : "none");
        }
    }
    return NULL;
}
