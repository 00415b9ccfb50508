/* SPDX-License-Identifier: BSD-2-Clause
 *
 * difference: what was different between two runs before they started, to explain what came out differently: the
 * environment, the command, the inputs, the variables, the number of threads, the processor, the settings, the kernel.
 * What explains most comes first.
 */
#pragma once

#include "base/doc.h"

struct difference {
    const char *what; /* "environment", "input", "variable", "setting", "cpu level" ... */
    char *name;       /* of the input, variable or setting, else NULL */
    char *then;       /* NULL: there was none */
    char *now;
};

struct difference_list {
    struct difference *item;
    size_t count;
    size_t capacity;
};

/* Of two manifests as documents: whatever a setting may be called in a later version, it is compared. Where an input
 * lay, when a run was and how long it took, is none. */
void difference_find(const struct doc *then, const struct doc *now, struct difference_list *ret_list);
void difference_list_release(struct difference_list *list);

/* An array of {"what", "name", "then", "now"}. */
struct doc *difference_list_doc(const struct difference_list *list);
