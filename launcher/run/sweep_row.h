/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sweep_row: which task of an array this process is, and its row of the table, for the manifest.
 *
 * The batch script that `sciwrap submit` writes tells it by variables: SCIWRAP_SWEEP_ID, the ID of the submission;
 * SCIWRAP_SWEEP_ROW, the number of the task; SCIWRAP_SWEEP_FILE, the table, absolute, if there is one: then the number
 * is that of the row.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/project.h"
#include "run/sweep.h"

struct sweep_row {
    char id[RUN_ID_LENGTH + 1]; /* "": this process is none */
    uint64_t task;
    char *file; /* NULL: no table */
    struct digest digest;
    struct strlist columns;
    struct strlist values;
};

/* ERR_INVALID when the variables name no row of a table that can be read; *row is then empty. *ret_sweep (may be NULL)
 * gets the whole table. */
int sweep_row_gather(struct sweep_row *row, struct sweep *ret_sweep, struct err *err);
/* The member `sweep` of circumstances.job; NULL when there is none. */
struct doc *sweep_row_doc(const struct sweep_row *row);
void sweep_row_release(struct sweep_row *row);
