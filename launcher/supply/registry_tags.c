/* SPDX-License-Identifier: BSD-2-Clause
 * registry_tags: which tags a repository has. */
#include "supply/registry_tags.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/mem.h"
#include "supply/registry_ref.h"

enum { SHOWN = 5 };

int registry_tags_parse(const char *text, size_t length, struct strlist *ret_tags, struct err *err)
{
    struct doc *doc = doc_parse("tags", text, length, err);
    if (doc == NULL) {
        return -1;
    }
    const struct doc *tags = doc_get(doc, "tags"); /* some registries have null for none */
    for (size_t i = 0; i < doc_count(tags); i++) {
        auto_free char *tag = doc_text(doc_at(tags, i));
        if (tag != NULL && registry_ref_is_tag(tag)) {
            strlist_add(ret_tags, tag);
        }
    }
    doc_free(doc);
    return 0;
}

static size_t common(const char *a, const char *b)
{
    size_t length = 0;
    while (a[length] != '\0' && a[length] == b[length]) {
        length++;
    }
    return length;
}

/* The first of those not yet shown that have the most in common with `wanted`. */
static size_t most_alike(const struct strlist *tags, const char *wanted, const bool *shown)
{
    size_t best = 0, best_common = 0;
    bool found = false;
    for (size_t i = 0; i < tags->count; i++) {
        size_t length = common(tags->item[i], wanted);
        if (!shown[i] && (!found || length > best_common)) {
            best = i;
            best_common = length;
            found = true;
        }
    }
    return best;
}

char *registry_tags_hint(const struct strlist *tags, const char *wanted)
{
    auto_release(buf) struct buf text = {0};
    auto_free bool *shown = xcalloc(tags->count + 1, sizeof(*shown));
    size_t few = tags->count < SHOWN ? tags->count : SHOWN;
    if (few == 0) {
        return xstrdup("");
    }
    for (size_t i = 0; i < few; i++) {
        size_t tag = most_alike(tags, wanted, shown);
        const char *before = i == 0 ? "; it has " : i + 1 == tags->count ? " and " : ", ";
        shown[tag] = true;
        buf_addf(&text, "%s'%s'", before, tags->item[tag]);
    }
    if (tags->count > few) {
        buf_addf(&text, " and %zu other%s", tags->count - few, tags->count - few == 1 ? "" : "s");
    }
    return buf_take(&text);
}
