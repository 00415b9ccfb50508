/* SPDX-License-Identifier: BSD-2-Clause
 *
 * programs: the program files that a run executed, each once: the member `programs` of an experiment.
 */
#pragma once

#include "base/doc.h"
#include "run/observer.h"
#include "run/reader.h"

struct program {
    char *path; /* inside */
    bool has_digest;
    struct digest digest;
};

struct program_list {
    struct program *item; /* sorted by path */
    size_t count;
};

/* From the tree of processes. Digests of the rootfs' programs come from the tree index beside `rootfs`, those of the
 * host's from the observer; one that the run made itself in a private folder has none. */
void programs_gather(const struct observer *observer, const char *rootfs, struct program_list *ret_programs);
struct doc *programs_doc(const struct program_list *programs);
/* `array` NULL: a manifest of before there was any. */
int programs_read(const struct reader *reader, const struct doc *array, struct program_list *ret_programs);
void program_list_release(struct program_list *programs);
