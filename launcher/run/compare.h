/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compare: the outputs of two runs of one experiment, one by one.
 *
 * Compared are type, content, link target and permissions, and how the command ended; never a circumstance. The
 * permissions of a file that standard output went to are the shell's affair and left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "run/manifest.h"

enum verdict { VERDICT_SAME, VERDICT_DIFFERS, VERDICT_MISSING, VERDICT_NEW };

struct comparison_item {
    const char *path; /* borrowed from the manifests */
    enum verdict verdict;
};

struct comparison {
    struct comparison_item *item; /* sorted by path */
    size_t count;
    size_t unequal; /* how many are not VERDICT_SAME */
    bool same_exit;
};

/* Both lists of outputs are sorted here. */
void compare_runs(struct manifest *then, struct manifest *now, struct comparison *ret_comparison);
void comparison_release(struct comparison *comparison);
const char *verdict_name(enum verdict verdict); /* "same", "differs", "missing", "new" */
