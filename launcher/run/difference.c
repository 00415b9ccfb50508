/* SPDX-License-Identifier: BSD-2-Clause
 * difference: what was different between two runs before they started. */
#include "run/difference.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"

static void take(struct difference_list *list, const char *what, const char *name, char *then, char *now)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity < 8 ? 8 : list->capacity * 2;
        list->item = xreallocarray(list->item, list->capacity, sizeof(*list->item));
    }
    list->item[list->count++] = (struct difference){
        .what = what,
        .name = name != NULL ? xstrdup(name) : NULL,
        .then = then,
        .now = now,
    };
}

static bool equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Takes ownership of both texts. */
static void compare(struct difference_list *list, const char *what, const char *name, char *then, char *now)
{
    if (equal(then, now)) {
        free(then);
        free(now);
    } else {
        take(list, what, name, then, now);
    }
}

/* "host/cpu/level": members of members. */
static const struct doc *at(const struct doc *object, const char *path)
{
    while (object != NULL && path[0] != '\0') {
        size_t length = strcspn(path, "/");
        auto_free char *key = xstrndup(path, length);
        object = doc_get(object, key);
        path += length + (path[length] == '/');
    }
    return object;
}

static void compare_at(struct difference_list *list, const char *what, const struct doc *then, const struct doc *now,
                       const char *path)
{
    compare(list, what, NULL, doc_describe(at(then, path)), doc_describe(at(now, path)));
}

/* "samtools-1.11 (sha256 58ca1f0c2b3d)" */
static char *environment_of(const struct doc *manifest)
{
    const struct doc *environment = at(manifest, "experiment/environment");
    auto_free char *name = doc_get_text(environment, "name");
    auto_free char *hex = doc_get_text(at(environment, "artifact"), "sha256");
    return xasprintf("%s (sha256 %.12s)", name != NULL ? name : "?", hex != NULL ? hex : "?");
}

/* The artifact is what an environment is; its name is only what somebody calls it. */
static void compare_environments(struct difference_list *list, const struct doc *then, const struct doc *now)
{
    static const char pin[] = "experiment/environment/artifact/sha256";
    static const char tree[] = "experiment/environment/tree/sha256";
    auto_free char *then_pin = doc_describe(at(then, pin));
    auto_free char *now_pin = doc_describe(at(now, pin));
    if (!equal(then_pin, now_pin)) {
        take(list, "environment", NULL, environment_of(then), environment_of(now));
        return;
    }
    /* The same artifact unpacked to another tree: by another version of sciwrap. */
    compare_at(list, "tree", then, now, tree);
}

/* The members of two objects whose names are not in `but`, a NULL-terminated list. */
static void compare_members(struct difference_list *list, const char *what, const struct doc *then,
                            const struct doc *now, const char *const *but)
{
    struct strlist names = {0};
    doc_keys(then, &names);
    size_t first = names.count;
    doc_keys(now, &names);
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        bool skipped = i >= first && doc_get(then, name) != NULL; /* seen already */
        for (size_t k = 0; but[k] != NULL; k++) {
            skipped |= strcmp(name, but[k]) == 0;
        }
        if (!skipped) {
            compare(list, what, name, doc_describe(doc_get(then, name)), doc_describe(doc_get(now, name)));
        }
    }
    strlist_release(&names);
}

/* ---- inputs, which are an array: by their paths */

struct input {
    char *path;
    char *content; /* its digest, or the target of a link */
};

static int compare_inputs_by_path(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

static struct input *inputs_of(const struct doc *manifest, size_t *ret_count)
{
    const struct doc *array = at(manifest, "experiment/inputs");
    struct input *inputs = xcalloc(doc_count(array) + 1, sizeof(*inputs));
    size_t count = 0;
    for (size_t i = 0; i < doc_count(array); i++) {
        char *path = doc_get_text(doc_at(array, i), "path");
        auto_free char *hex = doc_get_text(doc_at(array, i), "sha256");
        auto_free char *target = doc_get_text(doc_at(array, i), "target");
        if (path != NULL) {
            inputs[count].path = path;
            inputs[count++].content = hex != NULL      ? xasprintf("sha256 %.12s", hex)
                                      : target != NULL ? xasprintf("link to %s", target)
                                                       : xstrdup("directory");
        }
    }
    if (count > 1) {
        qsort(inputs, count, sizeof(*inputs), compare_inputs_by_path);
    }
    *ret_count = count;
    return inputs;
}

static void free_inputs(struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(inputs[i].path);
        free(inputs[i].content);
    }
    free(inputs);
}

static void compare_inputs(struct difference_list *list, const struct doc *then, const struct doc *now)
{
    size_t a_count;
    size_t b_count;
    struct input *a = inputs_of(then, &a_count);
    struct input *b = inputs_of(now, &b_count);
    size_t i = 0;
    size_t k = 0;
    while (i < a_count || k < b_count) {
        int order = i == a_count ? 1 : k == b_count ? -1 : strcmp(a[i].path, b[k].path);
        char *was = order <= 0 ? xstrdup(a[i].content) : NULL;
        char *is = order >= 0 ? xstrdup(b[k].content) : NULL;
        compare(list, "input", order <= 0 ? a[i].path : b[k].path, was, is);
        i += order <= 0;
        k += order >= 0;
    }
    free_inputs(a, a_count);
    free_inputs(b, b_count);
}

/* ---- devices: by what they and their files are called inside */

static const struct doc *find_path(const struct doc *array, const char *wanted)
{
    for (size_t i = 0; wanted != NULL && i < doc_count(array); i++) {
        auto_free char *path = doc_get_text(doc_at(array, i), "path");
        if (path != NULL && strcmp(path, wanted) == 0) {
            return doc_at(array, i);
        }
    }
    return NULL;
}

/* NULL: it was not there. */
static char *describe_device(const struct doc *object, const char *content)
{
    auto_free char *hex = content != NULL ? doc_get_text(object, content) : NULL;
    if (object == NULL) {
        return NULL;
    }
    return hex != NULL ? xasprintf("sha256 %.12s", hex) : xstrdup("there");
}

static void compare_device_names(struct difference_list *list, const struct doc *then, const struct doc *now,
                                 const char *key, const char *content)
{
    const struct doc *arrays[] = {doc_get(then, key), doc_get(now, key)};
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < doc_count(arrays[side]); i++) {
            const struct doc *one = doc_at(arrays[side], i);
            auto_free char *path = doc_get_text(one, "path");
            const struct doc *other = find_path(arrays[1 - side], path);
            if (path == NULL || (side == 1 && other != NULL)) {
                continue; /* seen already */
            }
            char *was = describe_device(side == 0 ? one : other, content);
            char *is = describe_device(side == 0 ? other : one, content);
            compare(list, "device", path, was, is);
        }
    }
}

static void compare_devices(struct difference_list *list, const struct doc *then, const struct doc *now)
{
    const struct doc *a = at(then, "experiment/devices");
    const struct doc *b = at(now, "experiment/devices");
    compare(list, "devices", NULL, doc_describe(doc_get(a, "asked")), doc_describe(doc_get(b, "asked")));
    compare_device_names(list, a, b, "nodes", NULL);
    compare_device_names(list, a, b, "files", "sha256");
    if (a != NULL || b != NULL) {
        compare_at(list, "driver", then, now, "circumstances/devices/driver");
        compare_at(list, "device models", then, now, "circumstances/devices/models");
    }
}

/* ---- the processor's features: those that only one has */

static void words_of(const struct doc *manifest, struct strlist *ret_words)
{
    auto_free char *flags = doc_describe(at(manifest, "circumstances/host/cpu/flags"));
    for (const char *word = flags; word != NULL && word[0] != '\0';) {
        size_t length = strcspn(word, " ");
        strlist_take(ret_words, xstrndup(word, length));
        word += length + (word[length] == ' ');
    }
}

static char *only_in(const struct strlist *these, const struct strlist *those)
{
    struct buf text = {0};
    for (size_t i = 0; i < these->count; i++) {
        if (!strlist_has(those, these->item[i])) {
            buf_addf(&text, "%s%s", text.length > 0 ? " " : "", these->item[i]);
        }
    }
    return text.length > 0 ? buf_take(&text) : NULL;
}

static void compare_features(struct difference_list *list, const struct doc *then, const struct doc *now)
{
    struct strlist a = {0};
    struct strlist b = {0};
    words_of(then, &a);
    words_of(now, &b);
    char *lost = only_in(&a, &b);
    char *won = only_in(&b, &a);
    if (lost != NULL || won != NULL) {
        take(list, "cpu features", NULL, lost, won);
    }
    strlist_release(&a);
    strlist_release(&b);
}

/* ---- all of it */

void difference_find(const struct doc *then, const struct doc *now, struct difference_list *ret_list)
{
    static const char *const none[] = {NULL};
    /* The binds of a rerun are those of its inputs, one by one; threads and level of code have lines of their own. */
    static const char *const elsewhere[] = {"binds", "cpus", "cpu_baseline", NULL};
    static const struct {
        const char *what, *path;
    } before[] =
        {
            {"threads", "experiment/settings/cpus"},
            {"cpus", "circumstances/host/cpu/count"},
            {"cpu baseline", "experiment/settings/cpu_baseline"},
            {"cpu level", "circumstances/host/cpu/level"},
            {"cpu model", "circumstances/host/cpu/model"},
        },
      after[] = {
          {"work directory", "experiment/workdir"},
          {"kernel", "circumstances/host/kernel"},
          {"architecture", "circumstances/host/machine"},
          {"sciwrap", "circumstances/sciwrap/version"},
      };
    compare_environments(ret_list, then, now);
    compare_at(ret_list, "command", then, now, "experiment/command");
    compare_inputs(ret_list, then, now);
    compare_members(ret_list, "variable", at(then, "experiment/variables"), at(now, "experiment/variables"), none);
    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
        compare_at(ret_list, before[i].what, then, now, before[i].path);
    }
    compare_features(ret_list, then, now);
    compare_devices(ret_list, then, now);
    compare_members(ret_list, "setting", at(then, "experiment/settings"), at(now, "experiment/settings"), elsewhere);
    compare_members(ret_list, "limit", at(then, "experiment/limits"), at(now, "experiment/limits"), none);
    for (size_t i = 0; i < sizeof(after) / sizeof(*after); i++) {
        compare_at(ret_list, after[i].what, then, now, after[i].path);
    }
}

void difference_list_release(struct difference_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->item[i].name);
        free(list->item[i].then);
        free(list->item[i].now);
    }
    free(list->item);
    *list = (struct difference_list){0};
}

struct doc *difference_list_doc(const struct difference_list *list)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct difference *difference = &list->item[i];
        struct doc *object = doc_object();
        doc_put_text(object, "what", difference->what);
        doc_put_text(object, "name", difference->name);
        doc_put_text(object, "then", difference->then);
        doc_put_text(object, "now", difference->now);
        doc_append(array, object);
    }
    return array;
}
