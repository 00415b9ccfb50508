/* SPDX-License-Identifier: BSD-2-Clause
 * manifest: the text of a manifest to a run, checked: a manifest comes with a paper from anywhere, and its paths become
 * places on this disk. */
#include "run/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "run/devices_doc.h"
#include "run/file_list_doc.h"
#include "run/limits.h"
#include "run/origin.h"
#include "run/reader.h"
#include "run/settings.h"
#include "run/tree_changes.h"

static int read_environment(const struct reader *reader, const struct doc *object,
                            struct setup_environment *environment)
{
    const struct doc *tree = doc_get(object, "tree");
    const struct doc *artifact = doc_get(object, "artifact");
    if (reader_text(reader, object, "name", &environment->name) < 0 ||
        reader_digest(reader, artifact, "sha256", &environment->artifact) < 0 ||
        reader_digest(reader, tree, "sha256", &environment->tree) < 0) {
        return err_wrap(reader->err, "environment");
    }
    if (!path_is_name(environment->name)) {
        return reader_complain(reader, "name");
    }
    (void)doc_get_number(artifact, "size", &environment->size);
    (void)doc_get_number(tree, "entries", &environment->entries);
    tree_changes_read(tree, &environment->changes);
    environment->recipe = doc_get_text(object, "recipe");
    if (doc_get(object, "tar_sha256") != NULL) {
        environment->has_tar = true;
        return reader_digest(reader, object, "tar_sha256", &environment->tar);
    }
    return 0;
}

static int read_command(const struct reader *reader, const struct doc *array, struct strlist *argv)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        char *word = doc_text(doc_at(array, i));
        if (word == NULL) {
            return reader_complain(reader, "command");
        }
        strlist_take(argv, word);
    }
    return argv->count > 0 ? 0 : reader_complain(reader, "command");
}

static int read_variables(const struct reader *reader, const struct doc *object, struct strlist *variables)
{
    struct strlist names = {0};
    int result = object != NULL ? 0 : reader_complain(reader, "variables");
    doc_keys(object, &names);
    for (size_t i = 0; result == 0 && i < names.count; i++) {
        auto_free char *value = doc_get_text(object, names.item[i]);
        if (value == NULL || names.item[i][0] == '\0' || strchr(names.item[i], '=') != NULL) {
            result = reader_complain(reader, "variables");
        } else {
            strlist_addf(variables, "%s=%s", names.item[i], value);
        }
    }
    strlist_release(&names);
    return result;
}

static int read_bind(const struct reader *reader, const struct doc *object, struct bind_list *binds)
{
    auto_free char *path = doc_get_text(object, "path");
    auto_free char *access = doc_get_text(object, "access");
    auto_free char *type = doc_get_text(object, "type");
    auto_free char *origin = doc_get_text(object, "origin");
    enum bind_origin known;
    bool good = path != NULL && reader_is_absolute(path) && strcmp(path, "/") != 0 && access != NULL &&
                (strcmp(access, "ro") == 0 || strcmp(access, "rw") == 0) && type != NULL && origin != NULL &&
                bind_origin_from_name(origin, &known);
    if (!good) {
        return reader_complain(reader, "binds");
    }
    struct bind *bind = bind_add(binds, NULL, path);
    bind->read_only = strcmp(access, "ro") == 0;
    bind->is_directory = strcmp(type, "directory") == 0;
    bind->origin = known;
    return 0;
}

static int read_settings(const struct reader *reader, const struct doc *object, struct setup *setup)
{
    auto_free char *network = doc_get_text(object, "network");
    auto_free char *identity = doc_get_text(object, "identity");
    if (network == NULL || !setup_network_from_name(network, &setup->network)) {
        return reader_complain(reader, "network");
    }
    if (identity == NULL || !setup_identity_from_name(identity, &setup->identity)) {
        return reader_complain(reader, "identity");
    }
    uint64_t uid = 0;
    uint64_t gid = 0;
    /* (uid_t)-1 means "no change" to the kernel and names nobody. */
    if (!doc_get_number(object, "uid", &uid) || uid >= UINT32_MAX || !doc_get_number(object, "gid", &gid) ||
        gid >= UINT32_MAX) {
        return reader_complain(reader, "uid");
    }
    setup->uid = (uid_t)uid;
    setup->gid = (gid_t)gid;
    setup->writable = doc_get_bool(object, "writable");
    setup->nested = doc_get_bool(object, "nested_namespaces");
    const struct doc *binds = doc_get(object, "binds");
    for (size_t i = 0; i < doc_count(binds); i++) {
        if (read_bind(reader, doc_at(binds, i), &setup->binds) < 0) {
            return -1;
        }
    }
    if (reader_mode(reader, object, "umask", &setup->umask) < 0 ||
        reader_absolute(reader, object, "home", &setup->home) < 0 ||
        reader_text(reader, object, "hostname", &setup->hostname) < 0) {
        return -1;
    }
    return settings_read(reader, object, setup);
}

static int read_exit(const struct reader *reader, const struct doc *object, struct manifest_exit *end)
{
    uint64_t code = 0;
    uint64_t signal = 0;
    if (!doc_get_number(object, "code", &code) || code > 255) {
        return reader_complain(reader, "exit");
    }
    if (doc_get_number(object, "signal", &signal) && signal > 64) {
        return reader_complain(reader, "exit");
    }
    end->code = (int)code;
    end->signal = (int)signal;
    end->error = doc_get_text(object, "error");
    return 0;
}

static int read_experiment(const struct reader *reader, const struct doc *experiment, struct manifest *manifest)
{
    struct setup *setup = &manifest->setup;
    if (read_environment(reader, doc_get(experiment, "environment"), &setup->environment) < 0 ||
        read_command(reader, doc_get(experiment, "command"), &setup->argv) < 0 ||
        reader_absolute(reader, experiment, "workdir", &setup->workdir) < 0 ||
        read_variables(reader, doc_get(experiment, "variables"), &setup->variables) < 0 ||
        read_settings(reader, doc_get(experiment, "settings"), setup) < 0 ||
        limits_read(reader, doc_get(experiment, "limits"), &setup->limits) < 0 ||
        devices_read(reader, doc_get(experiment, "devices"), &setup->devices) < 0) {
        return -1;
    }
    for (int fd = 0; fd < STREAMS; fd++) {
        if (stream_read(reader, doc_get(experiment, stream_name(fd)), fd, &manifest->stream[fd]) < 0) {
            return -1;
        }
    }
    if (file_list_read(reader, experiment, false, &manifest->inputs) < 0 ||
        file_list_read(reader, experiment, true, &manifest->outputs) < 0) {
        return -1;
    }
    if (programs_read(reader, doc_get(experiment, "programs"), &manifest->programs) < 0) {
        return -1;
    }
    return read_exit(reader, doc_get(experiment, "exit"), &manifest->exit);
}

/* The place that covers `path` most closely gives its place on the host. */
static char *host_of(const struct doc *places, const char *workdir, const char *path)
{
    char *best = NULL;
    size_t best_length = 0;
    auto_free char *seen = path_normal(workdir, path);
    for (size_t i = 0; i < doc_count(places); i++) {
        auto_free char *place = doc_get_text(doc_at(places, i), "path");
        auto_free char *host = doc_get_text(doc_at(places, i), "host");
        if (place != NULL && host != NULL && host[0] == '/' && path_is_under(seen, place) &&
            strlen(place) >= best_length) {
            best_length = strlen(place);
            free(best);
            best = path_normal(host, path_below(seen, place));
        }
    }
    return best;
}

static void read_circumstances(const struct doc *object, struct manifest *manifest)
{
    const struct doc *places = doc_get(object, "places");
    struct file_list *const lists[] = {&manifest->inputs, &manifest->outputs};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            lists[i]->item[k].host = host_of(places, manifest->setup.workdir, lists[i]->item[k].path);
        }
    }
    manifest->started = doc_get_text(object, "started");
    (void)doc_get_number(object, "elapsed_ns", &manifest->elapsed_ns);
    manifest->circumstances.workdir = doc_get_text(object, "workdir");
    origin_read(object, &manifest->setup.environment);
    join_read(doc_get(object, "step"), &manifest->step);
}

static int check_schema(const struct reader *reader, const struct doc *top)
{
    static const char family[] = "sciwrap-manifest/";
    uint64_t version = 0;
    auto_free char *schema = doc_get_text(top, "schema");
    bool ours = schema != NULL && strncmp(schema, family, strlen(family)) == 0 &&
                text_to_u64(schema + strlen(family), 1, UINT32_MAX, &version);
    if (!ours) {
        return err_set(reader->err, ERR_INVALID, "%s: is not a manifest of sciwrap", reader->name);
    }
    if (strcmp(schema, MANIFEST_SCHEMA) != 0) {
        return err_set(reader->err, ERR_INVALID,
                       "%s: is a manifest of a newer schema (%s; this sciwrap reads %s): use a newer sciwrap",
                       reader->name, schema, MANIFEST_SCHEMA);
    }
    return 0;
}

int manifest_parse(struct manifest *manifest, const char *name, const char *bytes, size_t length, struct err *err)
{
    struct reader reader = {.name = name, .err = err};
    struct doc *top = doc_parse(name, bytes, length, err);
    if (top == NULL) {
        return -1;
    }
    int result = check_schema(&reader, top);
    if (result == 0) {
        auto_free char *id = doc_get_text(top, "id");
        snprintf(manifest->id, sizeof(manifest->id), "%s", id != NULL ? id : "");
        manifest->rerun_of = doc_get_text(top, "rerun_of");
        result = read_experiment(&reader, doc_get(top, "experiment"), manifest);
    }
    if (result == 0) {
        result = recording_read(&reader, doc_get(top, "recording"), &manifest->recording);
    }
    if (result == 0) {
        read_circumstances(doc_get(top, "circumstances"), manifest);
    }
    doc_free(top);
    return result;
}

int manifest_load(struct manifest *manifest, const char *path, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (fs_read_path(path, MANIFEST_MOST, &text, err) < 0) {
        return -1;
    }
    return manifest_parse(manifest, path, buf_text(&text), text.length, err);
}

void manifest_release(struct manifest *manifest)
{
    free(manifest->rerun_of);
    setup_release(&manifest->setup);
    streams_release(manifest->stream);
    file_list_release(&manifest->inputs);
    file_list_release(&manifest->outputs);
    free(manifest->exit.error);
    program_list_release(&manifest->programs);
    join_record_release(&manifest->step);
    processes_release(&manifest->processes);
    strlist_release(&manifest->addresses);
    recording_release(&manifest->recording);
    circumstances_release(&manifest->circumstances);
    free(manifest->started);
    *manifest = (struct manifest){0};
}
