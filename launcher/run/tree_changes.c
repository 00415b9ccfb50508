/* SPDX-License-Identifier: BSD-2-Clause
 * tree_changes: what the unpacker left out or changed, in a manifest. */
#include "run/tree_changes.h"

enum { KEY = 32 };

/* The keys of manifests have '_' where those of meta files have '-'. */
static const char *member_name(enum change change, char name[KEY])
{
    const char *key = changes_key(change);
    size_t i = 0;
    for (; key[i] != '\0' && i + 1 < KEY; i++) {
        name[i] = (char)(key[i] == '-' ? '_' : key[i]);
    }
    name[i] = '\0';
    return name;
}

void tree_changes_put(struct doc *tree, const struct changes *changes)
{
    char name[KEY];
    struct doc *object = NULL;
    for (unsigned i = 0; i < CHANGES; i++) {
        if (changes->count[i] > 0) {
            object = object != NULL ? object : doc_object();
            doc_put_number(object, member_name((enum change)i, name), changes->count[i]);
        }
    }
    if (object != NULL) {
        doc_put(tree, "changes", object);
    }
}

void tree_changes_read(const struct doc *tree, struct changes *ret_changes)
{
    char name[KEY];
    const struct doc *object = doc_get(tree, "changes");
    for (unsigned i = 0; i < CHANGES; i++) {
        (void)doc_get_number(object, member_name((enum change)i, name), &ret_changes->count[i]);
    }
}
