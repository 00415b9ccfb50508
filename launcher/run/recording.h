/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recording: how the record of a run was made, and what was checked meanwhile: the member `recording` of a manifest.
 */
#pragma once

#include <stdint.h>

#include "base/strlist.h"
#include "base/doc.h"
#include "run/reader.h"
#include "run/verified.h"

enum recording_method {
    RECORDING_NONE,
    RECORDING_NOTIFICATION, /* each call was heard of (sandbox/recorder.h) */
    RECORDING_COMPARISON,   /* the bound folders before and after */
};

struct recording {
    enum recording_method method;
    char *reason;            /* why not by notification; NULL */
    uint64_t calls;          /* that were heard of */
    uint64_t digests_reused; /* of inputs that were not read again (run/digest_cache.h) */
    uint64_t keep_limit;     /* bytes of one old content */
    struct verified verified;
    struct strlist gaps; /* what the record cannot give back, a line for people each; they become leaks */
};

struct doc *recording_doc(const struct recording *recording);
/* `object` NULL: a manifest of before there was any of this. */
int recording_read(const struct reader *reader, const struct doc *object, struct recording *ret_recording);
void recording_release(struct recording *recording);
