/* SPDX-License-Identifier: BSD-2-Clause
 * devices_doc: the devices of a run in its manifest. */
#include "run/devices_doc.h"

#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/device_name.h"

/* ---- written */

static struct doc *nodes_doc(const struct devices *devices, bool of_host)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < devices->node_count; i++) {
        const struct devices_node *node = &devices->node[i];
        struct doc *object = doc_object();
        doc_put_text(object, "path", node->path);
        if (of_host) {
            doc_put_text(object, "host", node->host);
            doc_put_number(object, "major", node->major);
            doc_put_number(object, "minor", node->minor);
        }
        doc_append(array, object);
    }
    return array;
}

static struct doc *files_doc(const struct devices *devices, bool of_host)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < devices->file_count; i++) {
        const struct devices_file *file = &devices->file[i];
        struct doc *object = doc_object();
        doc_put_text(object, "path", file->path);
        if (of_host) {
            doc_put_text(object, "host", file->host);
        } else {
            doc_put_text(object, "type", devices_kind_name(file->kind));
            doc_put_text(object, "soname", file->soname);
            if (file->kind < DEVICES_DIRECTORY) {
                doc_put_number(object, "size", file->size);
            }
            if (file->has_digest) {
                doc_put_digest(object, "sha256", &file->digest);
            }
        }
        doc_append(array, object);
    }
    return array;
}

struct doc *devices_doc(const struct devices *devices)
{
    if (!devices_are_there(devices)) {
        return NULL;
    }
    struct doc *object = doc_object();
    struct doc *links = doc_array();
    for (size_t i = 0; i < devices->link_count; i++) {
        if (!path_is_under(devices->link[i].path, DEVICES_FOLDER)) {
            continue; /* in /sys: they follow from the nodes */
        }
        struct doc *link = doc_object();
        doc_put_text(link, "path", devices->link[i].path);
        doc_put_text(link, "target", devices->link[i].text);
        doc_append(links, link);
    }
    doc_put_texts(object, "asked", &devices->asked);
    doc_put_texts(object, "names", &devices->names);
    doc_put(object, "nodes", nodes_doc(devices, false));
    doc_put(object, "files", files_doc(devices, false));
    doc_put(object, "links", links);
    doc_put_texts(object, "variables_passed", &devices->passed);
    doc_put_texts(object, "left_out", &devices->left_out);
    return object;
}

struct doc *devices_host_doc(const struct devices *devices)
{
    if (!devices_are_there(devices)) {
        return NULL;
    }
    struct doc *object = doc_object();
    struct doc *specs = doc_array();
    for (size_t i = 0; i < devices->spec_count; i++) {
        struct doc *spec = doc_object();
        doc_put_text(spec, "path", devices->spec[i].path);
        doc_put_digest(spec, "sha256", &devices->spec[i].digest);
        doc_put_text(spec, "owner", devices->spec[i].of_user ? "user" : "system");
        doc_append(specs, spec);
    }
    doc_put(object, "specifications", specs);
    doc_put(object, "nodes", nodes_doc(devices, true));
    doc_put(object, "files", files_doc(devices, true));
    doc_put_texts(object, "sysfs", &devices->sysfs);
    doc_put_text(object, "driver", devices->driver);
    doc_put_texts(object, "models", &devices->models);
    return object;
}

/* ---- read */

static int read_names(const struct reader *reader, const struct doc *array, struct strlist *names)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        auto_free char *name = doc_plain_text(doc_at(array, i));
        if (name == NULL || !device_name_is_good(name)) {
            return reader_complain(reader, "devices");
        }
        strlist_add(names, name);
    }
    return 0;
}

static int read_node(const struct reader *reader, const struct doc *object, struct devices *devices)
{
    char *path = NULL;
    if (reader_absolute(reader, object, "path", &path) < 0) {
        return -1;
    }
    devices->node = xreallocarray(devices->node, devices->node_count + 1, sizeof(*devices->node));
    devices->node[devices->node_count++] = (struct devices_node){.path = path};
    return 0;
}

static bool kind_from_name(const char *name, enum devices_kind *ret_kind)
{
    for (int kind = 0; kind <= DEVICES_OTHER; kind++) {
        if (name != NULL && strcmp(devices_kind_name((enum devices_kind)kind), name) == 0) {
            *ret_kind = (enum devices_kind)kind;
            return true;
        }
    }
    return false;
}

static int read_file(const struct reader *reader, const struct doc *object, struct devices *devices)
{
    struct devices_file file = {0};
    auto_free char *type = doc_get_text(object, "type");
    if (!kind_from_name(type, &file.kind)) {
        return reader_complain(reader, "type");
    }
    file.has_digest = doc_get(object, "sha256") != NULL;
    if (file.has_digest && reader_digest(reader, object, "sha256", &file.digest) < 0) {
        return -1;
    }
    if (reader_absolute(reader, object, "path", &file.path) < 0) {
        return -1;
    }
    (void)doc_get_number(object, "size", &file.size);
    file.soname = doc_get_text(object, "soname");
    devices->file = xreallocarray(devices->file, devices->file_count + 1, sizeof(*devices->file));
    devices->file[devices->file_count++] = file;
    return 0;
}

int devices_read(const struct reader *reader, const struct doc *object, struct devices *devices)
{
    const struct doc *nodes = doc_get(object, "nodes");
    const struct doc *files = doc_get(object, "files");
    const struct doc *passed = doc_get(object, "variables_passed");
    if (read_names(reader, doc_get(object, "asked"), &devices->asked) < 0 ||
        read_names(reader, doc_get(object, "names"), &devices->names) < 0) {
        return -1;
    }
    for (size_t i = 0; i < doc_count(nodes); i++) {
        if (read_node(reader, doc_at(nodes, i), devices) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < doc_count(files); i++) {
        if (read_file(reader, doc_at(files, i), devices) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < doc_count(passed); i++) {
        char *name = doc_plain_text(doc_at(passed, i));
        if (name == NULL) {
            return reader_complain(reader, "variables_passed");
        }
        strlist_take(&devices->passed, name);
    }
    return 0;
}

/* ---- leaks */

static void add_leak(struct doc *leaks, const char *kind, const char *start, const struct strlist *names)
{
    enum { NAMES_MOST = 20 };
    auto_release(buf) struct buf detail = {0};
    buf_add_text(&detail, start);
    for (size_t i = 0; i < names->count && i < NAMES_MOST; i++) {
        buf_addf(&detail, "%s%s", i > 0 ? ", " : "", names->item[i]);
    }
    if (names->count > NAMES_MOST) {
        buf_addf(&detail, " and %zu more", names->count - NAMES_MOST);
    }
    struct doc *object = doc_object();
    doc_put_text(object, "kind", kind);
    doc_put_text(object, "detail", buf_text(&detail));
    doc_append(leaks, object);
}

void devices_add_leaks(struct doc *leaks, const struct devices *devices)
{
    struct strlist nodes = {0};
    struct strlist hashed = {0};
    struct strlist unhashed = {0};
    for (size_t i = 0; i < devices->node_count; i++) {
        strlist_add(&nodes, devices->node[i].path);
    }
    for (size_t i = 0; i < devices->file_count; i++) {
        const struct devices_file *file = &devices->file[i];
        strlist_add(file->has_digest ? &hashed : &unhashed,
                    file->kind == DEVICES_LIBRARY ? path_base(file->path) : file->path);
    }
    for (size_t i = 0; i < devices->sysfs.count; i++) {
        strlist_add(&unhashed, devices->sysfs.item[i]);
    }
    if (nodes.count > 0) {
        add_leak(leaks, "device",
                 "devices of the host could be used, and what came from them is not recorded: ", &nodes);
    }
    if (hashed.count > 0) {
        add_leak(leaks, "device-files",
                 "files of the host came in with the devices; their digests are recorded: ", &hashed);
    }
    if (unhashed.count > 0) {
        add_leak(leaks, "device-files", "of the host came in with the devices, without a digest: ", &unhashed);
    }
    strlist_release(&nodes);
    strlist_release(&hashed);
    strlist_release(&unhashed);
}
