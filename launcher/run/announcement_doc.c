/* SPDX-License-Identifier: BSD-2-Clause
 * announcement_doc: the text of an announcement. */
#include "run/announcement_doc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "base/text.h"

enum {
    COMMAND_MOST = 4096,        /* bytes of the command that are told */
    ENVIRONMENT_MOST = 3 << 20, /* as JSON; the kernel takes 2 MiB with the usual limit of the stack (execve(2)) */
    NAME_MOST = 256,
};

static const char *const namespaces[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};

static struct doc *command_doc(const struct strlist *argv)
{
    struct doc *array = doc_array();
    size_t told = 0;
    for (size_t i = 0; i < argv->count; i++) {
        told += strlen(argv->item[i]) + 1;
        if (told > COMMAND_MOST) {
            doc_append_text(array, "...");
            break;
        }
        doc_append_text(array, argv->item[i]);
    }
    return array;
}

static struct doc *namespaces_doc(const struct launch_result *launched)
{
    struct doc *object = doc_object();
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        doc_put_number(object, launched->namespace[i].name, launched->namespace[i].number);
    }
    return object;
}

/* Bytes that a text takes in JSON, or more. */
static size_t size_in_json(const char *text)
{
    size_t size = sizeof("\"\", ");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        size += c < ' ' || c >= 0x7f ? sizeof("\\u0000") - 1 : c == '"' || c == '\\' ? 2 : 1;
    }
    return size;
}

/* NULL when the environment is too large. */
static struct doc *inside_doc(const struct plan *plan)
{
    size_t size = 0;
    for (size_t i = 0; i < plan->environment.count; i++) {
        size += size_in_json(plan->environment.item[i]);
    }
    if (size > ENVIRONMENT_MOST) {
        return NULL;
    }
    struct doc *object = doc_object();
    doc_put_text(object, "workdir", plan->workdir);
    doc_put_mode(object, "umask", plan->umask);
    doc_put_number(object, "uid", plan->inner_uid);
    doc_put_number(object, "gid", plan->inner_gid);
    doc_put_bool(object, "fixed_addresses", plan->fixed_addresses);
    doc_put_bool(object, "nested", plan->nested);
    doc_put_bool(object, "network_host", plan->network_host);
    doc_put_texts(object, "environment", &plan->environment);
    return object;
}

static void random_id(char id[RUN_ID_LENGTH + 1])
{
    uint64_t random = 0;
    (void)random_fill(&random, sizeof(random));
    snprintf(id, RUN_ID_LENGTH + 1, "%0*llx", RUN_ID_LENGTH, (unsigned long long)(random >> 16));
}

char *announcement_format(const struct manifest *manifest, const struct plan *plan, const char *project,
                          const struct launch_result *launched)
{
    char id[RUN_ID_LENGTH + 1];
    char artifact[DIGEST_HEX + 1];
    struct doc *object = doc_object();
    bool recorded = manifest->id[0] != '\0';
    if (!recorded) {
        random_id(id);
    }
    digest_to_hex(&manifest->setup.environment.artifact, artifact);
    doc_put_text(object, "schema", ANNOUNCEMENT_SCHEMA);
    doc_put_text(object, "id", recorded ? manifest->id : id);
    doc_put_bool(object, "recorded", recorded);
    doc_put_text(object, "environment", manifest->setup.environment.name);
    doc_put_text(object, "artifact", artifact);
    doc_put(object, "command", command_doc(&plan->argv));
    doc_put_text(object, "project", project);
    doc_put_text(object, "workdir", manifest->circumstances.workdir);
    doc_put_number(object, "started_ns", (uint64_t)launched->started_ns);
    doc_put_number(object, "host_pid", (uint64_t)launched->init_pid);
    doc_put(object, "namespaces", namespaces_doc(launched));
    struct doc *inside = inside_doc(plan);
    if (inside != NULL) {
        doc_put(object, "inside", inside);
    }
    char *text = doc_print(object);
    doc_free(object);
    return text;
}

static bool is_path(const char *path)
{
    return path == NULL || (path[0] == '/' && strlen(path) < PATH_MAX);
}

static bool read_numbers(const struct doc *top, struct announcement *announcement)
{
    uint64_t pid = 0;
    uint64_t started = 0;
    const struct doc *numbers = doc_get(top, "namespaces");
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        if (!doc_get_number(numbers, namespaces[i], &announcement->namespace[i])) {
            return false;
        }
    }
    if (!doc_get_number(top, "host_pid", &pid) || pid < 2 || pid > INT_MAX ||
        !doc_get_number(top, "started_ns", &started) || started > INT64_MAX) {
        return false;
    }
    announcement->host_pid = (pid_t)pid;
    announcement->started_ns = (int64_t)started;
    return true;
}

static void read_texts(const struct doc *array, struct strlist *ret_texts)
{
    for (size_t i = 0; i < doc_count(array); i++) {
        char *text = doc_text(doc_at(array, i));
        if (text != NULL) {
            strlist_take(ret_texts, text);
        }
    }
}

static bool read_inside(const struct doc *inside, struct plan *plan)
{
    uint64_t uid = 0;
    uint64_t gid = 0;
    auto_free char *mode = doc_get_text(inside, "umask");
    plan->workdir = doc_get_text(inside, "workdir");
    char *end = NULL;
    unsigned long mask = mode != NULL ? strtoul(mode, &end, 8) : 01000;
    if (plan->workdir == NULL || !is_path(plan->workdir) || mask > 0777 || *end != '\0' ||
        !doc_get_number(inside, "uid", &uid) || uid >= UINT32_MAX || !doc_get_number(inside, "gid", &gid) ||
        gid >= UINT32_MAX) {
        return false;
    }
    plan->umask = (mode_t)mask;
    plan->inner_uid = (uid_t)uid;
    plan->inner_gid = (gid_t)gid;
    plan->fixed_addresses = doc_get_bool(inside, "fixed_addresses");
    plan->nested = doc_get_bool(inside, "nested");
    plan->network_host = doc_get_bool(inside, "network_host");
    read_texts(doc_get(inside, "environment"), &plan->environment);
    return true;
}

static bool read_all(const struct doc *top, struct announcement *announcement)
{
    struct digest artifact;
    auto_free char *schema = doc_get_text(top, "schema");
    auto_free char *id = doc_get_text(top, "id");
    const struct doc *inside = doc_get(top, "inside");
    announcement->environment = doc_get_text(top, "environment");
    announcement->artifact = doc_get_text(top, "artifact");
    announcement->project = doc_get_text(top, "project");
    announcement->workdir = doc_get_text(top, "workdir");
    read_texts(doc_get(top, "command"), &announcement->command);
    bool sane = schema != NULL && strcmp(schema, ANNOUNCEMENT_SCHEMA) == 0 && id != NULL && project_is_id(id) &&
                announcement->environment != NULL && strlen(announcement->environment) <= NAME_MOST &&
                announcement->artifact != NULL && digest_from_hex(announcement->artifact, &artifact) &&
                is_path(announcement->project) && is_path(announcement->workdir) && read_numbers(top, announcement);
    if (!sane) {
        return false;
    }
    memcpy(announcement->id, id, sizeof(announcement->id));
    announcement->recorded = doc_get_bool(top, "recorded");
    announcement->complete = inside != NULL;
    return inside == NULL || read_inside(inside, &announcement->inside);
}

int announcement_parse(struct announcement *announcement, const char *bytes, size_t length, struct err *err)
{
    *announcement = (struct announcement){0};
    struct doc *top = doc_parse("announcement of a run", bytes, length, err);
    if (top == NULL) {
        return -1;
    }
    bool sane = read_all(top, announcement);
    doc_free(top);
    return sane ? 0 : err_set(err, ERR_INVALID, "announcement of a run: is not one that this sciwrap writes");
}
