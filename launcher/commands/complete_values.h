/* SPDX-License-Identifier: BSD-2-Clause
 *
 * complete_values: what can be named here: environments, recipes, runs, keys of the config.
 */
#pragma once

#include "base/strlist.h"

struct completion {
    const char *typed;    /* what candidates must begin with */
    struct strlist lines; /* "WORD\tDESCRIPTION" */
    const char *more;     /* "files", "folders"; NULL: nothing else */
};

/* A candidate, unless it does not begin with what is typed. `description` may be NULL; it is escaped. */
void completion_add(struct completion *completion, const char *word, const char *description);

void completion_add_environments(struct completion *completion);
void completion_add_recipes(struct completion *completion);
/* The runs of the nearest project, the newest first. */
void completion_add_runs(struct completion *completion);
/* The batch jobs that the newest of them were part of. */
void completion_add_jobs(struct completion *completion);
/* The runs that are going on. */
void completion_add_running(struct completion *completion);
void completion_add_config_keys(struct completion *completion);
/* Names of what is held fixed; `typed` may have some already, with commas between. */
void completion_add_fixes(struct completion *completion);
