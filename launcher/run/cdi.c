/* SPDX-License-Identifier: BSD-2-Clause
 * cdi: one specification file of the Container Device Interface. */
#include "run/cdi.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/yaml.h"
#include "env/device_name.h"
#include "run/cdi_hook.h"

/* Linux has 12 bits for the major and 20 for the minor number of a device (dev_t in kdev_t.h). */
enum { MAJOR_MOST = (1 << 12) - 1, MINOR_MOST = (1 << 20) - 1 };

struct reading {
    const char *name;
    struct err *err;
};

static int refuse(const struct reading *reading, const char *key, const char *wanted)
{
    return err_set(reading->err, ERR_INVALID, "%s: '%s' is not what a CDI specification has: expected %s",
                   reading->name, key, wanted);
}

/* Absolute, at most what the kernel takes, without "..": it would mean another place once a link is on the way. */
static bool is_path(const char *path)
{
    enum { PATH_BYTES_MOST = 4095 };
    if (path[0] != '/' || strlen(path) > PATH_BYTES_MOST) {
        return false;
    }
    for (const char *at = path; (at = strstr(at, "/..")) != NULL; at += 3) {
        if (at[3] == '/' || at[3] == '\0') {
            return false;
        }
    }
    return true;
}

/* ---- building blocks */

struct cdi_node *cdi_add_node(struct cdi_edits *edits, const char *path)
{
    edits->node = xreallocarray(edits->node, edits->node_count + 1, sizeof(*edits->node));
    struct cdi_node *node = &edits->node[edits->node_count++];
    *node = (struct cdi_node){.path = path_normal("/", path)};
    return node;
}

struct cdi_mount *cdi_add_mount(struct cdi_edits *edits, const char *host, const char *path)
{
    edits->mount = xreallocarray(edits->mount, edits->mount_count + 1, sizeof(*edits->mount));
    struct cdi_mount *mount = &edits->mount[edits->mount_count++];
    *mount = (struct cdi_mount){.host = xstrdup(host), .path = path_normal("/", path)};
    return mount;
}

void cdi_add_link(struct cdi_edits *edits, const char *text, const char *path)
{
    edits->link = xreallocarray(edits->link, edits->link_count + 1, sizeof(*edits->link));
    edits->link[edits->link_count++] = (struct cdi_link){.text = xstrdup(text), .path = path_normal("/", path)};
}

static void add_group(struct cdi_edits *edits, uint32_t group)
{
    edits->group = xreallocarray(edits->group, edits->group_count + 1, sizeof(*edits->group));
    edits->group[edits->group_count++] = group;
}

static void add_all(struct strlist *to, const struct strlist *from)
{
    for (size_t i = 0; i < from->count; i++) {
        strlist_add(to, from->item[i]);
    }
}

void cdi_add_edits(struct cdi_edits *to, const struct cdi_edits *from)
{
    for (size_t i = 0; i < from->node_count; i++) {
        struct cdi_node *node = cdi_add_node(to, from->node[i].path);
        node->host = from->node[i].host != NULL ? xstrdup(from->node[i].host) : NULL;
        node->has_number = from->node[i].has_number;
        node->major = from->node[i].major;
        node->minor = from->node[i].minor;
    }
    for (size_t i = 0; i < from->mount_count; i++) {
        cdi_add_mount(to, from->mount[i].host, from->mount[i].path);
    }
    for (size_t i = 0; i < from->link_count; i++) {
        cdi_add_link(to, from->link[i].text, from->link[i].path);
    }
    for (size_t i = 0; i < from->group_count; i++) {
        add_group(to, from->group[i]);
    }
    add_all(&to->variables, &from->variables);
    add_all(&to->left_out, &from->left_out);
}

void cdi_edits_release(struct cdi_edits *edits)
{
    for (size_t i = 0; i < edits->node_count; i++) {
        free(edits->node[i].path);
        free(edits->node[i].host);
    }
    for (size_t i = 0; i < edits->mount_count; i++) {
        free(edits->mount[i].host);
        free(edits->mount[i].path);
    }
    for (size_t i = 0; i < edits->link_count; i++) {
        free(edits->link[i].text);
        free(edits->link[i].path);
    }
    free(edits->node);
    free(edits->mount);
    free(edits->link);
    free(edits->group);
    strlist_release(&edits->variables);
    strlist_release(&edits->left_out);
    *edits = (struct cdi_edits){0};
}

void cdi_spec_release(struct cdi_spec *spec)
{
    for (size_t i = 0; i < spec->device_count; i++) {
        free(spec->device[i].name);
        cdi_edits_release(&spec->device[i].edits);
    }
    free(spec->device);
    free(spec->kind);
    cdi_edits_release(&spec->edits);
    *spec = (struct cdi_spec){0};
}

/* ---- containerEdits */

/* A number that may be absent; -1 when something else stands there. */
static int read_number(const struct doc *object, const char *key, uint64_t most, uint32_t *ret_number, bool *ret_has)
{
    uint64_t number = 0;
    *ret_has = doc_get(object, key) != NULL;
    if (*ret_has && (!doc_get_number(object, key, &number) || number > most)) {
        return -1;
    }
    *ret_number = (uint32_t)number;
    return 0;
}

static int read_node(const struct reading *reading, const struct doc *object, struct cdi_edits *edits)
{
    auto_free char *path = doc_get_text(object, "path");
    auto_free char *host = doc_get_text(object, "hostPath");
    auto_free char *type = doc_get_text(object, "type");
    bool has_major = false;
    bool has_minor = false;
    if (path == NULL || !is_path(path) || (doc_get(object, "hostPath") != NULL && (host == NULL || !is_path(host)))) {
        return refuse(reading, "deviceNodes", "absolute paths without '..'");
    }
    struct cdi_node *node = cdi_add_node(edits, path);
    node->host = steal_ptr(&host);
    if (!path_is_under(node->path, "/dev") || strcmp(node->path, "/dev") == 0) {
        return refuse(reading, "deviceNodes", "a path below /dev");
    }
    if (doc_get(object, "type") != NULL && (type == NULL || (strcmp(type, "c") != 0 && strcmp(type, "u") != 0))) {
        return refuse(reading, "type", "c: sciwrap lets character devices in and no other kind");
    }
    if (read_number(object, "major", MAJOR_MOST, &node->major, &has_major) < 0 ||
        read_number(object, "minor", MINOR_MOST, &node->minor, &has_minor) < 0) {
        return refuse(reading, "major or minor", "a number that Linux has for devices");
    }
    node->has_number = has_major && has_minor && (node->major != 0 || node->minor != 0);
    return 0;
}

/* Writable or not, what comes in is read-only: a run gives its results in the work directory. */
static int read_mount(const struct reading *reading, const struct doc *object, struct cdi_edits *edits)
{
    auto_free char *host = doc_get_text(object, "hostPath");
    auto_free char *path = doc_get_text(object, "containerPath");
    auto_free char *type = doc_get_text(object, "type");
    if (path == NULL || !is_path(path)) {
        return refuse(reading, "mounts", "containerPath to be an absolute path without '..'");
    }
    if (type != NULL && strcmp(type, "bind") != 0 && strcmp(type, "none") != 0 && type[0] != '\0') {
        strlist_addf(&edits->left_out, "mount of type %s at %s", type, path);
        return 0;
    }
    if (host == NULL || !is_path(host)) {
        return refuse(reading, "mounts", "hostPath to be an absolute path without '..'");
    }
    struct cdi_mount *mount = cdi_add_mount(edits, host, path);
    return strcmp(mount->path, "/") != 0 ? 0 : refuse(reading, "mounts", "containerPath below /");
}

static int read_variable(const struct reading *reading, const struct doc *value, struct cdi_edits *edits)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    auto_free char *assignment = doc_plain_text(value);
    size_t length = assignment != NULL ? strspn(assignment, letters) : 0;
    if (length == 0 || assignment[length] != '=' || (assignment[0] >= '0' && assignment[0] <= '9')) {
        return refuse(reading, "env", "NAME=VALUE");
    }
    strlist_take(&edits->variables, steal_ptr(&assignment));
    return 0;
}

static int read_hook(const struct reading *reading, const struct doc *object, struct cdi_edits *edits)
{
    struct strlist links = {0}; /* TEXT, PATH, TEXT, PATH ... */
    auto_free char *left_out = NULL;
    if (!doc_is_object(object)) {
        return refuse(reading, "hooks", "objects");
    }
    cdi_hook_read(object, &links, &left_out);
    for (size_t i = 0; i + 1 < links.count; i += 2) {
        if (is_path(links.item[i + 1])) {
            cdi_add_link(edits, links.item[i], links.item[i + 1]);
        }
    }
    strlist_release(&links);
    if (left_out != NULL && !strlist_has(&edits->left_out, left_out)) {
        strlist_add(&edits->left_out, left_out);
    }
    return 0;
}

static int read_groups(const struct reading *reading, const struct doc *array, struct cdi_edits *edits)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        uint64_t group = 0;
        auto_free char *text = doc_describe(doc_at(array, i));
        if (text == NULL || !text_to_u64(text, 0, UINT32_MAX - 1, &group)) {
            return refuse(reading, "additionalGids", "numbers of groups");
        }
        add_group(edits, (uint32_t)group);
    }
    return 0;
}

typedef int read_fn(const struct reading *reading, const struct doc *object, struct cdi_edits *edits);

static int read_each(const struct reading *reading, const struct doc *edits_doc, const char *key, read_fn *read_one,
                     struct cdi_edits *edits)
{
    const struct doc *array = doc_get(edits_doc, key);
    if (array != NULL && !doc_is_array(array) && !doc_is_null(array)) {
        return refuse(reading, key, "a list");
    }
    for (size_t i = 0; i < doc_count(array); i++) {
        if (read_one(reading, doc_at(array, i), edits) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What a later version of CDI has asked for in vain is told, too. */
static void note_unknown(const struct doc *object, struct cdi_edits *edits)
{
    static const char *const known[] = {"deviceNodes",    "mounts",         "env", "hooks",
                                        "additionalGids", "additionalGIDs", NULL};
    struct strlist keys = {0};
    doc_keys(object, &keys);
    for (size_t i = 0; i < keys.count; i++) {
        bool is_known = false;
        for (size_t k = 0; known[k] != NULL; k++) {
            is_known |= strcmp(keys.item[i], known[k]) == 0;
        }
        if (!is_known) {
            strlist_addf(&edits->left_out, "'%s'", keys.item[i]);
        }
    }
    strlist_release(&keys);
}

static int read_edits(const struct reading *reading, const struct doc *object, struct cdi_edits *edits)
{
    if (object == NULL || doc_is_null(object)) {
        return 0;
    }
    if (!doc_is_object(object)) {
        return refuse(reading, "containerEdits", "an object");
    }
    note_unknown(object, edits);
    if (read_each(reading, object, "deviceNodes", read_node, edits) < 0 ||
        read_each(reading, object, "mounts", read_mount, edits) < 0 ||
        read_each(reading, object, "env", read_variable, edits) < 0 ||
        read_each(reading, object, "hooks", read_hook, edits) < 0) {
        return -1;
    }
    return read_groups(reading, doc_get(object, "additionalGids"), edits) < 0
               ? -1
               : read_groups(reading, doc_get(object, "additionalGIDs"), edits);
}

/* ---- the whole */

static int read_device(const struct reading *reading, const struct doc *object, struct cdi_spec *spec)
{
    auto_free char *name = doc_get_text(object, "name");
    if (name == NULL || !device_name_is_plain(name)) {
        return refuse(reading, "name", "of a device letters, digits and _-.: only");
    }
    for (size_t i = 0; i < spec->device_count; i++) {
        if (strcmp(spec->device[i].name, name) == 0) {
            return refuse(reading, "devices", "each name once");
        }
    }
    spec->device = xreallocarray(spec->device, spec->device_count + 1, sizeof(*spec->device));
    struct cdi_device *device = &spec->device[spec->device_count++];
    *device = (struct cdi_device){.name = steal_ptr(&name)};
    return read_edits(reading, doc_get(object, "containerEdits"), &device->edits);
}

static int check_version(const struct reading *reading, const struct doc *top)
{
    auto_free char *version = doc_get_text(top, "cdiVersion");
    if (version == NULL) {
        return refuse(reading, "cdiVersion", "a version, as in 0.6.0");
    }
    if (strncmp(version, "0.", 2) != 0 && strncmp(version, "1.", 2) != 0) {
        return err_set(reading->err, ERR_INVALID,
                       "%s: is of CDI version %s, and this sciwrap reads 0.3 to 1.x: use a newer sciwrap",
                       reading->name, version);
    }
    return 0;
}

static int read_spec(const struct reading *reading, const struct doc *top, struct cdi_spec *spec)
{
    const struct doc *devices = doc_get(top, "devices");
    if (check_version(reading, top) < 0) {
        return -1;
    }
    spec->kind = doc_get_text(top, "kind");
    if (spec->kind == NULL || !device_name_is_kind(spec->kind)) {
        return refuse(reading, "kind", "VENDOR/CLASS, as in nvidia.com/gpu");
    }
    if (!doc_is_array(devices) || doc_count(devices) == 0) {
        return refuse(reading, "devices", "a list of one or more");
    }
    for (size_t i = 0; i < doc_count(devices); i++) {
        if (read_device(reading, doc_at(devices, i), spec) < 0) {
            return -1;
        }
    }
    return read_edits(reading, doc_get(top, "containerEdits"), &spec->edits);
}

int cdi_parse(struct cdi_spec *spec, const char *name, const char *bytes, size_t length, bool is_yaml, struct err *err)
{
    const struct reading reading = {.name = name, .err = err};
    *spec = (struct cdi_spec){0};
    struct doc *top = is_yaml ? yaml_parse(name, bytes, length, err) : doc_parse(name, bytes, length, err);
    if (top == NULL && is_yaml) {
        struct err reason = *err;
        return err_set(err, ERR_INVALID, "%s; JSON is read in full: nvidia-ctk cdi generate --format=json",
                       reason.text);
    }
    if (top == NULL) {
        return -1;
    }
    int result = read_spec(&reading, top, spec);
    doc_free(top);
    if (result < 0) {
        cdi_spec_release(spec);
    }
    return result;
}
