/* SPDX-License-Identifier: BSD-2-Clause
 * comparison_doc: a comparison as JSON. */
#include "run/comparison_doc.h"

static struct doc *counts_doc(const struct comparison *comparison)
{
    struct doc *object = doc_object();
    for (size_t i = 0; i < VERDICTS; i++) {
        if (comparison->counts[i] > 0) {
            doc_put_number(object, verdict_name((enum verdict)i), comparison->counts[i]);
        }
    }
    return object;
}

static struct doc *outputs_doc(const struct comparison *comparison)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < comparison->count; i++) {
        const struct comparison_item *item = &comparison->item[i];
        struct doc *object = doc_object();
        doc_put_text(object, "path", item->path);
        doc_put_text(object, "now_path", item->now_path);
        doc_put_text(object, "verdict", verdict_name(item->verdict));
        doc_put_text(object, "detail", item->detail);
        doc_put_text(object, "then", item->then_text);
        doc_put_text(object, "now", item->now_text);
        doc_append(array, object);
    }
    return array;
}

/* By what measure: a reader of the record must be able to tell how much was let pass. */
static struct doc *rules_doc(const struct verdict_rules *rules)
{
    struct doc *object = doc_object();
    doc_put_real(object, "rtol", rules->tolerance.rtol);
    doc_put_real(object, "atol", rules->tolerance.atol);
    doc_put_texts(object, "ignore", &rules->ignore.texts);
    return object;
}

struct doc *comparison_doc(const struct comparison *comparison)
{
    struct doc *object = doc_object();
    doc_put_text(object, "with", comparison->with[0] != '\0' ? comparison->with : NULL);
    doc_put_text(object, "verdict", verdict_name(comparison_verdict(comparison)));
    doc_put_bool(object, "same_exit", comparison->same_exit);
    doc_put(object, "counts", counts_doc(comparison));
    doc_put(object, "outputs", outputs_doc(comparison));
    doc_put(object, "differences", difference_list_doc(&comparison->differences));
    doc_put(object, "rules", rules_doc(comparison->rules));
    doc_put_text(object, "machine", comparison->machine[0] != '\0' ? comparison->machine : NULL);
    return object;
}
