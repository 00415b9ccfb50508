/* SPDX-License-Identifier: BSD-2-Clause
 * image_doc: what the readers of an image's JSON documents share. */
#include "supply/image_doc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"

int image_doc_check_keys(const struct doc *doc, const char *const *keys, struct err *err)
{
    auto_release(strlist) struct strlist has = {0};
    if (!doc_is_object(doc)) {
        return err_set(err, ERR_INVALID, "is missing, or not a JSON object");
    }
    doc_keys(doc, &has);
    for (size_t i = 0; i < has.count; i++) {
        for (const char *const *key = keys; *key != NULL; key++) {
            if (strcasecmp(has.item[i], *key) == 0 && strcmp(has.item[i], *key) != 0) {
                return err_set(err, ERR_INVALID, "has the key '%s', which some readers take for '%s'", has.item[i],
                               *key);
            }
        }
    }
    return 0;
}

int image_doc_texts(const struct doc *object, const char *key, struct strlist *ret_texts, struct err *err)
{
    const struct doc *array = doc_get(object, key);
    if (array == NULL || doc_is_null(array)) {
        return 0;
    }
    for (size_t i = 0; i < doc_count(array); i++) {
        char *text = doc_plain_text(doc_at(array, i));
        if (text == NULL) {
            return err_set(err, ERR_INVALID, "'%s' has something else than texts in it", key);
        }
        strlist_take(ret_texts, text);
    }
    return doc_is_array(array) ? 0 : err_set(err, ERR_INVALID, "'%s' is not an array", key);
}

int image_doc_text(const struct doc *object, const char *key, char **ret_text, struct err *err)
{
    const struct doc *value = doc_get(object, key);
    auto_free char *text = doc_plain_text(value);
    if (text == NULL && value != NULL && !doc_is_null(value)) {
        return err_set(err, ERR_INVALID, "'%s' is not a text", key);
    }
    *ret_text = text != NULL && text[0] != '\0' ? steal_ptr(&text) : NULL;
    return 0;
}
