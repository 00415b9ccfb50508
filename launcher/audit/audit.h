/* SPDX-License-Identifier: BSD-2-Clause
 *
 * audit: a probe inside an environment tries every wall of a run, and what became of it is looked at from outside.
 *
 * The run is `sciwrap exec OPTION... ENV sciwrap-probe`, started as a user would start it, by this program once more:
 * the same plan, the same walls, and no right or way in that a user's program would not have.
 */
#pragma once

#include <stdbool.h>

#include "audit/rows.h"
#include "base/err.h"
#include "base/strlist.h"

#define AUDIT_SCHEMA "sciwrap-audit/1"

struct audit {
    const struct strlist *options; /* of the run, as `sciwrap exec` takes them, paths absolute */
    const char *environment;       /* a definition, as an absolute path */
    const struct strlist *control; /* instead: a command that starts the program whose path is appended; or NULL */
};

/* 0 when every attempt was made, whatever came of it. */
int audit_perform(const struct audit *audit, struct rows *ret_rows, struct err *err);
