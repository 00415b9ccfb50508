/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compare: the outputs of two runs of one experiment, one by one.
 *
 * Compared are type, content, link target and permissions, and how the command ended; never a circumstance. The
 * permissions of a file that standard output went to are the shell's affair and left out. Where digests differ the
 * contents are looked for (run/content.h) and compared (run/verdict.h); one that is nowhere any more counts as
 * different, and the detail says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "run/difference.h"
#include "run/machine.h"
#include "run/manifest.h"
#include "run/verdict.h"

struct comparison_item {
    const char *path;     /* borrowed from the manifests */
    const char *now_path; /* when standard output went to a file of another name, else NULL; borrowed */
    enum verdict verdict;
    char *detail;    /* one line, or NULL */
    char *then_text; /* the two places side by side, or NULL */
    char *now_text;
};

struct comparison {
    char with[RUN_ID_LENGTH + 1]; /* ID of the run that it is compared with */
    struct comparison_item *item; /* sorted by path */
    size_t count;
    size_t counts[VERDICTS];
    bool same_exit;
    struct difference_list differences; /* before the start; filled by the caller */
    const struct verdict_rules *rules;  /* borrowed */
    char machine[MACHINE_LENGTH + 1];   /* that the later run was made on; "" when that is not known */
};

struct compare_options {
    struct verdict_rules *rules;   /* tolerance and patterns; the paths are set here */
    const struct strlist *objects; /* folders of objects to look for contents in */
    const struct doc *recorded;    /* the comparison of these two runs in the record of the later one, for outputs whose
                                      contents are gone: a rerun that came to the same keeps none. NULL when none */
};

/* Both lists of outputs are sorted here; *ret_comparison borrows from both manifests. What was different before the
 * start is not looked for (run/difference.h). */
void compare_runs(struct manifest *then, struct manifest *now, const struct compare_options *options,
                  struct comparison *ret_comparison);
void comparison_release(struct comparison *comparison);

/* No output different, missing or new, and the same exit status. */
bool comparison_is_good(const struct comparison *comparison);
/* The worst verdict of any output, VERDICT_IDENTICAL when there are none; VERDICT_DIFFERENT for another exit status. */
enum verdict comparison_verdict(const struct comparison *comparison);

/* Of two regular files with different digests, or one that is not known: fills item->verdict and the texts. */
void compare_contents(const struct manifest *then, const struct file_item *a, const struct manifest *now,
                      const struct file_item *b, const struct compare_options *options, struct comparison_item *item);
