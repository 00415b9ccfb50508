/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_plan: what belongs into a bundle and where it is. */
#include "supply/bundle_plan.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

enum { FIELDS = 5 };

static struct bundle_source *add(struct bundle_plan *plan)
{
    if (plan->count == plan->capacity) {
        plan->capacity = plan->capacity < 16 ? 16 : plan->capacity * 2;
        plan->item = xreallocarray(plan->item, plan->capacity, sizeof(*plan->item));
    }
    struct bundle_source *source = &plan->item[plan->count++];
    *source = (struct bundle_source){0};
    return source;
}

static bool find_kind(struct bundle_file *file, const char *name)
{
    for (file->kind = BUNDLE_MANIFEST; file->kind < BUNDLE_KINDS; file->kind++) {
        auto_free char *path = bundle_file_path(file);
        if (strcmp(path, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool take(struct bundle_source *source, const char *const field[FIELDS])
{
    bool is_text = field[4][0] == '=';
    if (!digest_from_hex(field[1], &source->file.digest) || !find_kind(&source->file, field[0]) ||
        !text_to_u64(field[2], 0, BUNDLE_BYTES_MOST, &source->size) ||
        !text_to_u64(field[3], 0, BUNDLE_BYTES_MOST, &source->offset)) {
        return false;
    }
    source->path = is_text ? NULL : xstrdup(field[4]);
    source->text = is_text ? xstrdup(field[4] + 1) : NULL;
    return is_text ? source->size == strlen(source->text) : source->path[0] != '\0' || source->size == 0;
}

static int parse(struct bundle_plan *plan, const char *bytes, size_t length, struct err *err)
{
    const char *at = bytes;
    while (at < bytes + length) {
        const char *field[FIELDS];
        for (int i = 0; i < FIELDS; i++) {
            const char *end = at < bytes + length ? memchr(at, '\0', (size_t)(bytes + length - at)) : NULL;
            if (end == NULL) {
                return err_set(err, ERR_INVALID, "the plan of the bundle is cut off");
            }
            field[i] = at;
            at = end + 1;
        }
        if (!take(add(plan), field)) {
            return err_set(err, ERR_INVALID, "the plan of the bundle cannot be read: '%s'", field[0]);
        }
    }
    return 0;
}

int bundle_plan_parse(struct bundle_plan *plan, const char *bytes, size_t length, struct err *err)
{
    *plan = (struct bundle_plan){0};
    int result = parse(plan, bytes, length, err);
    if (result < 0) {
        bundle_plan_release(plan);
    }
    return result;
}

struct bundle_source *bundle_plan_find(const struct bundle_plan *plan, enum bundle_kind kind)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->item[i].file.kind == kind) {
            return &plan->item[i];
        }
    }
    return NULL;
}

/* As bundle_list_sort() has them. */
static int compare(const void *a, const void *b)
{
    const struct bundle_source *first = a;
    const struct bundle_source *second = b;
    return memcmp(first->file.digest.bytes, second->file.digest.bytes, DIGEST_BYTES);
}

void bundle_plan_take_image(struct bundle_plan *plan, const struct bundle_source *blobs, size_t count)
{
    struct bundle_source *last = &plan->item[plan->count - 1];
    struct bundle_file layout = {.kind = BUNDLE_LAYOUT};
    digest_bytes(BUNDLE_LAYOUT_TEXT, strlen(BUNDLE_LAYOUT_TEXT), &layout.digest);
    assert(last->file.kind == BUNDLE_ARTIFACT);
    free(last->path);
    *last =
        (struct bundle_source){.file = layout, .size = strlen(BUNDLE_LAYOUT_TEXT), .text = xstrdup(BUNDLE_LAYOUT_TEXT)};
    size_t first = plan->count;
    for (size_t i = 0; i < count; i++) {
        *add(plan) = blobs[i];
    }
    qsort(plan->item + first, count, sizeof(*plan->item), compare);
}

void bundle_plan_release(struct bundle_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->item[i].path);
        free(plan->item[i].text);
    }
    free(plan->item);
    *plan = (struct bundle_plan){0};
}
