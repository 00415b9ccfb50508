/* SPDX-License-Identifier: BSD-2-Clause
 * registry_error: what a registry says when it says no. */
#include "supply/registry_error.h"

#include "base/auto.h"
#include "base/doc.h"
#include "base/mem.h"

enum { MESSAGE_BYTES = 200 }; /* of the server's words: enough for what real ones say */

/* A token server answers {"error": ..., "error_description": ...} (RFC 6749, 5.2), a registry {"errors": [{"code": ...,
 * "message": ...}]}, others {"details": ...} or {"message": ...}. */
static void find_words(const struct doc *doc, char **ret_code, char **ret_message)
{
    const struct doc *errors = doc_get(doc, "errors");
    const struct doc *first = doc_count(errors) > 0 ? doc_at(errors, 0) : doc;
    const char *const codes[] = {"code", "error"};
    const char *const messages[] = {"message", "error_description", "details"};
    for (size_t i = 0; i < 2 && *ret_code == NULL; i++) {
        *ret_code = doc_get_text(first, codes[i]);
    }
    for (size_t i = 0; i < 3 && *ret_message == NULL; i++) {
        *ret_message = doc_get_text(first, messages[i]);
    }
}

char *registry_error_text(long status, const struct buf *body)
{
    struct err ignored = {0};
    auto_free char *code = NULL, *message = NULL;
    struct doc *doc = doc_parse("answer", buf_text(body), body->length, &ignored);
    if (doc != NULL) {
        find_words(doc, &code, &message);
        doc_free(doc);
    }
    if (code == NULL && message == NULL) {
        return xasprintf("%ld", status);
    }
    return xasprintf("%ld (%.*s%s%.*s)", status, MESSAGE_BYTES, code != NULL ? code : "",
                     code != NULL && message != NULL ? ": " : "", MESSAGE_BYTES, message != NULL ? message : "");
}
