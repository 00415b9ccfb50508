/* SPDX-License-Identifier: BSD-2-Clause
 * manifest_write: a run to the text of its manifest. */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "run/comparison_doc.h"
#include "run/devices_doc.h"
#include "run/file_list_doc.h"
#include "run/leaks.h"
#include "run/limits.h"
#include "run/manifest.h"
#include "run/origin.h"
#include "run/settings.h"
#include "run/tree_changes.h"

static struct doc *environment_doc(const struct setup_environment *environment)
{
    struct doc *object = doc_object();
    struct doc *artifact = doc_object();
    struct doc *tree = doc_object();
    doc_put_digest(artifact, "sha256", &environment->artifact);
    if (environment->size > 0) {
        doc_put_number(artifact, "size", environment->size);
    }
    doc_put_digest(tree, "sha256", &environment->tree);
    doc_put_number(tree, "entries", environment->entries);
    tree_changes_put(tree, &environment->changes);
    doc_put_text(object, "name", environment->name);
    doc_put(object, "artifact", artifact);
    doc_put(object, "tree", tree);
    if (environment->has_tar) {
        doc_put_digest(object, "tar_sha256", &environment->tar);
    }
    doc_put_text(object, "recipe", environment->recipe);
    return object;
}

static struct doc *variables_doc(const struct strlist *variables)
{
    struct doc *object = doc_object();
    for (size_t i = 0; i < variables->count; i++) {
        size_t length = strcspn(variables->item[i], "=");
        auto_free char *name = xstrndup(variables->item[i], length);
        doc_put_text(object, name, variables->item[i] + length + 1);
    }
    return object;
}

static struct doc *binds_doc(const struct bind_list *binds)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < binds->count; i++) {
        struct doc *object = doc_object();
        doc_put_text(object, "path", binds->item[i].target);
        doc_put_text(object, "access", binds->item[i].read_only ? "ro" : "rw");
        doc_put_text(object, "type", binds->item[i].is_directory ? "directory" : "file");
        doc_put_text(object, "origin", bind_origin_name(binds->item[i].origin));
        doc_append(array, object);
    }
    return array;
}

static struct doc *settings_doc(const struct setup *setup)
{
    struct doc *object = doc_object();
    doc_put_text(object, "network", setup_network_name(setup->network));
    doc_put_text(object, "identity", setup_identity_name(setup->identity));
    doc_put_number(object, "uid", setup->uid);
    doc_put_number(object, "gid", setup->gid);
    doc_put_mode(object, "umask", setup->umask);
    doc_put_text(object, "home", setup->home);
    doc_put_text(object, "hostname", setup->hostname);
    doc_put_bool(object, "writable", setup->writable);
    if (setup->nested) {
        doc_put_bool(object, "nested_namespaces", true);
    }
    settings_put(object, setup);
    doc_put(object, "binds", binds_doc(&setup->binds));
    return object;
}

static void put_setup(struct doc *experiment, const struct setup *setup)
{
    doc_put(experiment, "environment", environment_doc(&setup->environment));
    doc_put_texts(experiment, "command", &setup->argv);
    doc_put_text(experiment, "workdir", setup->workdir);
    doc_put(experiment, "variables", variables_doc(&setup->variables));
    doc_put(experiment, "settings", settings_doc(setup));
    struct doc *limits = limits_doc(&setup->limits);
    if (limits != NULL) {
        doc_put(experiment, "limits", limits);
    }
    struct doc *devices = devices_doc(&setup->devices);
    if (devices != NULL) {
        doc_put(experiment, "devices", devices);
    }
}

static void put_streams(struct doc *experiment, const struct stream streams[STREAMS])
{
    for (int fd = 0; fd < STREAMS; fd++) {
        doc_put(experiment, stream_name(fd), stream_doc(&streams[fd]));
    }
}

static struct doc *exit_doc(const struct manifest_exit *end)
{
    struct doc *object = doc_object();
    doc_put_number(object, "code", (uint64_t)end->code);
    if (end->signal != 0) {
        doc_put_number(object, "signal", (uint64_t)end->signal);
    }
    doc_put_text(object, "error", end->error);
    return object;
}

static struct doc *host_doc(const struct circumstances *circumstances)
{
    struct doc *cpu = doc_object();
    doc_put_text(cpu, "model", circumstances->cpu_model);
    doc_put_text(cpu, "level", circumstances->cpu_level);
    doc_put_number(cpu, "count", circumstances->cpu_count);
    struct buf flags = {0};
    for (size_t i = 0; i < circumstances->cpu_flags.count; i++) {
        buf_addf(&flags, "%s%s", i > 0 ? " " : "", circumstances->cpu_flags.item[i]);
    }
    doc_put_text(cpu, "flags", buf_text(&flags));
    buf_release(&flags);
    struct doc *object = doc_object();
    doc_put_text(object, "name", circumstances->host_name);
    doc_put_text(object, "kernel", circumstances->kernel);
    doc_put_text(object, "machine", circumstances->machine);
    doc_put(object, "cpu", cpu);
    doc_put_number(object, "memory_bytes", circumstances->memory_bytes);
    return object;
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static struct doc *resources_doc(const struct launch_result *launch)
{
    const struct rusage *usage = &launch->usage;
    struct doc *object = doc_object();
    doc_put_number(object, "user_us", microseconds(usage->ru_utime));
    doc_put_number(object, "system_us", microseconds(usage->ru_stime));
    doc_put_number(object, "max_rss_bytes", (uint64_t)usage->ru_maxrss * 1024);
    doc_put_number(object, "blocks_in", (uint64_t)usage->ru_inblock);
    doc_put_number(object, "blocks_out", (uint64_t)usage->ru_oublock);
    limits_put_usage(object, launch->limits);
    return object;
}

static void put_place(struct doc *array, const char *path, const char *host)
{
    struct doc *object = doc_object();
    doc_put_text(object, "path", path);
    doc_put_text(object, "host", host);
    doc_append(array, object);
}

/* Where on the host each thing was that the experiment names by its place inside. Inputs beneath a place follow from
 * it; only those that do not are listed by themselves. */
static struct doc *places_doc(const struct manifest *manifest)
{
    struct doc *array = doc_array();
    put_place(array, manifest->setup.workdir, manifest->circumstances.workdir);
    for (size_t i = 0; i < manifest->setup.binds.count; i++) {
        put_place(array, manifest->setup.binds.item[i].target, manifest->setup.binds.item[i].source);
    }
    for (int fd = 0; fd < STREAMS; fd++) {
        const struct stream *stream = &manifest->stream[fd];
        auto_free char *path = xasprintf("/dev/%s", stream_name(fd));
        if (stream->host != NULL && (stream->path == NULL || strcmp(stream->path, path) == 0)) {
            put_place(array, path, stream->host);
        }
    }
    return array;
}

static struct doc *namespaces_doc(const struct launch_result *launch)
{
    struct doc *object = doc_object();
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        if (launch->namespace[i].name != NULL && launch->namespace[i].number != 0) {
            doc_put_number(object, launch->namespace[i].name, launch->namespace[i].number);
        }
    }
    return object;
}

/* What of the walls depends on the host. */
static struct doc *walls_doc(const struct launch_result *launched)
{
    struct doc *object = doc_object();
    doc_put_number(object, "landlock", (uint64_t)launched->landlock);
    doc_put_bool(object, "core_scheduling", launched->private_cores == 1);
    return object;
}

static struct doc *circumstances_doc(const struct manifest *manifest)
{
    const struct circumstances *circumstances = &manifest->circumstances;
    struct doc *object = doc_object();
    struct doc *version = doc_object();
    struct doc *user = doc_object();
    auto_free char *started = circumstances_time(circumstances->launch.started_ns);
    auto_free char *ended = circumstances_time(circumstances->launch.ended_ns);
    doc_put_text(version, "version", SCIWRAP_VERSION);
    doc_put_number(user, "uid", circumstances->uid);
    doc_put_number(user, "gid", circumstances->gid);
    doc_put_text(user, "name", circumstances->author);
    doc_put_text(user, "orcid", circumstances->orcid);
    doc_put_text(object, "started", started);
    doc_put_text(object, "ended", ended);
    doc_put_number(object, "elapsed_ns", (uint64_t)circumstances->launch.elapsed_ns);
    doc_put(object, "host", host_doc(circumstances));
    doc_put(object, "resources", resources_doc(&circumstances->launch));
    if (circumstances->launch.limits != NULL) {
        doc_put(object, "limits", limits_held_doc(circumstances->launch.limits));
    }
    struct doc *step = join_doc(&manifest->step, &manifest->processes);
    if (step != NULL) {
        doc_put(object, "step", step);
    }
    doc_put(object, "walls", walls_doc(&circumstances->launch));
    doc_put(object, "namespaces", namespaces_doc(&circumstances->launch));
    if (manifest->recording.method == RECORDING_NOTIFICATION) {
        doc_put(object, "processes", processes_doc(&manifest->processes));
    }
    doc_put_number(object, "host_pid", (uint64_t)circumstances->launch.init_pid);
    doc_put_text(object, "boot_id", circumstances->boot_id[0] != '\0' ? circumstances->boot_id : NULL);
    doc_put(object, "user", user);
    doc_put_text(object, "workdir", circumstances->workdir);
    doc_put(object, "places", places_doc(manifest));
    struct doc *definition = origin_doc(&manifest->setup.environment);
    if (definition != NULL) {
        doc_put(object, "definition", definition);
    }
    struct doc *job = job_doc(&circumstances->job);
    if (job != NULL) {
        doc_put(object, "job", job);
    }
    struct doc *devices = devices_host_doc(&manifest->setup.devices);
    if (devices != NULL) {
        doc_put(object, "devices", devices);
    }
    doc_put_texts(object, "variables_dropped", &circumstances->variables_dropped);
    doc_put(object, "sciwrap", version);
    return object;
}

char *manifest_format(const struct manifest *manifest)
{
    struct doc *top = doc_object();
    struct doc *experiment = doc_object();
    put_setup(experiment, &manifest->setup);
    put_streams(experiment, manifest->stream);
    doc_put(experiment, "inputs", file_list_doc(&manifest->inputs, false));
    doc_put(experiment, "outputs", file_list_doc(&manifest->outputs, true));
    doc_put(experiment, "exit", exit_doc(&manifest->exit));
    if (manifest->recording.method == RECORDING_NOTIFICATION) {
        doc_put(experiment, "programs", programs_doc(&manifest->programs));
    }
    doc_put_text(top, "schema", MANIFEST_SCHEMA);
    doc_put_text(top, "id", manifest->id[0] != '\0' ? manifest->id : NULL);
    doc_put_text(top, "rerun_of", manifest->rerun_of);
    doc_put(top, "experiment", experiment);
    doc_put(top, "circumstances", circumstances_doc(manifest));
    doc_put(top, "recording", recording_doc(&manifest->recording));
    doc_put(top, "leaks", leaks_doc(manifest));
    if (manifest->comparison != NULL) {
        doc_put(top, "comparison", comparison_doc(manifest->comparison));
    }
    char *text = doc_print(top);
    doc_free(top);
    return text;
}

static struct doc *mounts_doc(const struct plan *plan)
{
    static const char *const kinds[] = {"bind", "tmpfs", "proc", "dev", "file"};
    struct doc *array = doc_array();
    for (size_t i = 0; i < plan->mount_count; i++) {
        const struct plan_mount *mount = &plan->mount[i];
        struct doc *object = doc_object();
        doc_put_text(object, "kind", kinds[mount->kind]);
        doc_put_text(object, "path", mount->target);
        doc_put_text(object, "host", mount->source);
        doc_put_text(object, "access", mount->read_only || mount->kind == PLAN_FILE ? "ro" : "rw");
        doc_append(array, object);
    }
    return array;
}

static struct doc *plan_devices_doc(const struct plan *plan)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < plan->device_count; i++) {
        struct doc *object = doc_object();
        doc_put_text(object, "path", plan->device[i].target);
        doc_put_text(object, "host", plan->device[i].source);
        doc_put_number(object, "major", plan->device[i].major);
        doc_put_number(object, "minor", plan->device[i].minor);
        doc_append(array, object);
    }
    return array;
}

char *manifest_format_plan(const struct setup *setup, const struct plan *plan)
{
    struct doc *top = doc_object();
    struct doc *experiment = doc_object();
    struct doc *sandbox = doc_object();
    put_setup(experiment, setup);
    doc_put_text(sandbox, "rootfs", plan->rootfs);
    doc_put(sandbox, "mounts", mounts_doc(plan));
    if (plan->device_count > 0) {
        doc_put(sandbox, "devices", plan_devices_doc(plan));
    }
    doc_put_text(top, "schema", "sciwrap-plan/1");
    doc_put(top, "experiment", experiment);
    doc_put(top, "plan", sandbox);
    char *text = doc_print(top);
    doc_free(top);
    return text;
}
