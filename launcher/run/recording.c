/* SPDX-License-Identifier: BSD-2-Clause
 * recording: how the record of a run was made. */
#include "run/recording.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

static const char *const names[] = {"none", "seccomp-notification", "comparison"};

static const char *method_name(enum recording_method method)
{
    return names[method];
}

struct doc *recording_doc(const struct recording *recording)
{
    struct doc *object = doc_object();
    doc_put_text(object, "method", method_name(recording->method));
    doc_put_text(object, "reason", recording->reason);
    if (recording->method == RECORDING_NOTIFICATION) {
        doc_put_number(object, "calls", recording->calls);
        doc_put_number(object, "digests_reused", recording->digests_reused);
    }
    if (recording->method != RECORDING_NONE) {
        doc_put_number(object, "keep_limit", recording->keep_limit);
    }
    doc_put(object, "verify", verified_doc(&recording->verified));
    return object;
}

int recording_read(const struct reader *reader, const struct doc *object, struct recording *ret_recording)
{
    if (object == NULL) {
        return 0;
    }
    auto_free char *method = doc_get_text(object, "method");
    for (size_t i = 0; method != NULL && i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(method, names[i]) == 0) {
            ret_recording->method = (enum recording_method)i;
            ret_recording->reason = doc_get_text(object, "reason");
            (void)doc_get_number(object, "calls", &ret_recording->calls);
            (void)doc_get_number(object, "keep_limit", &ret_recording->keep_limit);
            return verified_read(reader, doc_get(object, "verify"), &ret_recording->verified);
        }
    }
    return reader_complain(reader, "recording");
}

void recording_release(struct recording *recording)
{
    free(recording->reason);
    strlist_release(&recording->gaps);
    verified_release(&recording->verified);
    *recording = (struct recording){0};
}
