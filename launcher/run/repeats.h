/* SPDX-License-Identifier: BSD-2-Clause
 *
 * repeats: the outputs of one run and of all its reruns: which of them ever changed.
 */
#pragma once

#include <stddef.h>

#include "run/compare.h"

struct repeat; /* an output of one run */

struct repeats {
    struct repeat *item;
    size_t count;
    size_t capacity;
    size_t runs;
};

/* An output that was not the same in all runs. */
struct repeat_change {
    const char *path; /* borrowed */
    size_t contents;  /* how many different ones */
    size_t runs;      /* in how many runs it was there */
    enum verdict worst;
};

/* The outputs of one more run; `comparison` is that of it with the first, NULL for the first. Copies. */
void repeats_add(struct repeats *repeats, const struct file_list *outputs, const struct comparison *comparison);
/* Those that changed, sorted by path, in *ret_changes for the caller to free; *ret_outputs is how many there were in
 * all. Returns how many changed. */
size_t repeats_changed(struct repeats *repeats, struct repeat_change **ret_changes, size_t *ret_outputs);
void repeats_release(struct repeats *repeats);
