/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rerun_job: `sciwrap rerun --job JOB`: every task of a batch job again, here and one after another.
 *
 * Each is a `sciwrap rerun --json` of its own: what one of them comes to, its rules of comparison, its memory, its end,
 * is nothing to the others.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

struct rerun_job {
    const char *word;       /* JOB, JOB_TASK or the ID of a submission */
    struct strlist options; /* of rerun, for each task */
    bool json;
};

/* *exit_code: 0 every task came to the same, 1 one did not, 125 one could not be run again, has no record, or was
 * cancelled: that is not run again unless JOB_TASK names it. */
int rerun_job(const struct rerun_job *asked, int *exit_code, struct err *err);
