/* SPDX-License-Identifier: BSD-2-Clause
 * run_contents: which contents belong to a run. */
#include "publish/run_contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct run_content *add(struct run_contents *contents, enum bundle_kind kind, const struct digest *digest)
{
    if (contents->count == contents->capacity) {
        contents->capacity = contents->capacity < 16 ? 16 : contents->capacity * 2;
        contents->item = xreallocarray(contents->item, contents->capacity, sizeof(*contents->item));
    }
    struct run_content *content = &contents->item[contents->count++];
    *content = (struct run_content){.file = {.kind = kind, .digest = *digest}};
    return content;
}

static void add_files(struct run_contents *contents, enum bundle_kind kind, const struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct file_item *item = &list->item[i];
        if (item->type != FILE_REGULAR || !item->has_digest || item->change == FILE_DELETED) {
            continue;
        }
        struct run_content *content = add(contents, kind, &item->digest);
        content->size = item->size;
        content->offset = item->offset;
        content->path = item->path;
        content->host = item->host;
        content->dispensable =
            item->rewritten && !item->kept && item->role != NULL && strcmp(item->role, "argument") == 0;
    }
}

static int compare(const void *a, const void *b)
{
    const struct run_content *first = a;
    const struct run_content *second = b;
    if (first->file.kind != second->file.kind) {
        return first->file.kind < second->file.kind ? -1 : 1;
    }
    int order = memcmp(first->file.digest.bytes, second->file.digest.bytes, DIGEST_BYTES);
    return order != 0 ? order : strcmp(first->path, second->path);
}

void run_contents_gather(const struct manifest *manifest, bool outputs, struct run_contents *ret_contents)
{
    *ret_contents = (struct run_contents){0};
    add_files(ret_contents, BUNDLE_INPUT, &manifest->inputs);
    if (outputs) {
        add_files(ret_contents, BUNDLE_OUTPUT, &manifest->outputs);
    }
    if (ret_contents->count > 1) {
        qsort(ret_contents->item, ret_contents->count, sizeof(*ret_contents->item), compare);
    }
}

void run_contents_release(struct run_contents *contents)
{
    free(contents->item);
    *contents = (struct run_contents){0};
}
