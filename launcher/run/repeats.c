/* SPDX-License-Identifier: BSD-2-Clause
 * repeats: the outputs of one run and of all its reruns: which of them ever changed. */
#include "run/repeats.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct repeat {
    char *path;
    char *content; /* equal for equal contents */
    enum verdict verdict;
};

/* What was deleted counts like what never was. */
static char *content_of(const struct file_item *item)
{
    char hex[DIGEST_HEX + 1] = "";
    if (item->has_digest) {
        digest_to_hex(&item->digest, hex);
    }
    return xasprintf("%s %s %s", file_type_name(item->type), hex, item->target != NULL ? item->target : "");
}

static enum verdict verdict_of(const struct comparison *comparison, const char *path)
{
    for (size_t i = 0; comparison != NULL && i < comparison->count; i++) {
        const struct comparison_item *item = &comparison->item[i];
        if (strcmp(item->now_path != NULL ? item->now_path : item->path, path) == 0) {
            return item->verdict;
        }
    }
    return VERDICT_IDENTICAL;
}

void repeats_add(struct repeats *repeats, const struct file_list *outputs, const struct comparison *comparison)
{
    repeats->runs++;
    for (size_t i = 0; i < outputs->count; i++) {
        const struct file_item *item = &outputs->item[i];
        if (item->change == FILE_DELETED) {
            continue;
        }
        if (repeats->count == repeats->capacity) {
            repeats->capacity = repeats->capacity < 16 ? 16 : repeats->capacity * 2;
            repeats->item = xreallocarray(repeats->item, repeats->capacity, sizeof(*repeats->item));
        }
        repeats->item[repeats->count++] = (struct repeat){
            .path = xstrdup(item->path),
            .content = content_of(item),
            .verdict = verdict_of(comparison, item->path),
        };
    }
}

static int by_path_and_content(const void *a, const void *b)
{
    const struct repeat *first = a;
    const struct repeat *second = b;
    int order = strcmp(first->path, second->path);
    return order != 0 ? order : strcmp(first->content, second->content);
}

/* The runs of one path, which lie together. */
static struct repeat_change count_group(const struct repeats *repeats, size_t from)
{
    const struct repeat *first = &repeats->item[from];
    struct repeat_change change = {.path = first->path, .contents = 1, .worst = first->verdict};
    for (size_t i = from; i < repeats->count && strcmp(repeats->item[i].path, first->path) == 0; i++) {
        const struct repeat *item = &repeats->item[i];
        change.runs++;
        change.contents += i > from && strcmp(item->content, item[-1].content) != 0;
        change.worst = item->verdict > change.worst ? item->verdict : change.worst;
    }
    return change;
}

size_t repeats_changed(struct repeats *repeats, struct repeat_change **ret_changes, size_t *ret_outputs)
{
    struct repeat_change *changes = xcalloc(repeats->count + 1, sizeof(*changes));
    size_t changed = 0;
    size_t outputs = 0;
    if (repeats->count > 1) {
        qsort(repeats->item, repeats->count, sizeof(*repeats->item), by_path_and_content);
    }
    for (size_t i = 0; i < repeats->count; outputs++) {
        struct repeat_change change = count_group(repeats, i);
        i += change.runs;
        if (change.contents > 1 || change.runs < repeats->runs) {
            changes[changed++] = change;
        }
    }
    *ret_changes = changes;
    *ret_outputs = outputs;
    return changed;
}

void repeats_release(struct repeats *repeats)
{
    for (size_t i = 0; i < repeats->count; i++) {
        free(repeats->item[i].path);
        free(repeats->item[i].content);
    }
    free(repeats->item);
    *repeats = (struct repeats){0};
}
