/* SPDX-License-Identifier: BSD-2-Clause
 * origin: the definition that the environment of a run came from, as it was then. */
#include "run/origin.h"

#include <stdlib.h>

struct doc *origin_doc(const struct setup_environment *environment)
{
    if (environment->definition_text == NULL) {
        return NULL;
    }
    struct doc *object = doc_object();
    doc_put_text(object, "path", environment->definition_path);
    doc_put_text(object, "text", environment->definition_text);
    return object;
}

void origin_read(const struct doc *circumstances, struct setup_environment *environment)
{
    const struct doc *object = doc_get(circumstances, "definition");
    free(environment->definition_path);
    free(environment->definition_text);
    environment->definition_path = doc_get_text(object, "path");
    environment->definition_text = doc_get_text(object, "text");
}
