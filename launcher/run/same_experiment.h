/* SPDX-License-Identifier: BSD-2-Clause
 *
 * same_experiment: whether two recorded runs did the same, as far as the catalog knows.
 */
#pragma once

#include <stdbool.h>

#include "run/catalog.h"

/* Reruns of one run (or one the rerun of the other), or the same environment, command and inputs. */
bool same_experiment(const struct catalog *catalog, const struct catalog_run *a, const struct catalog_run *b);
/* The ID that a run repeats in the end: of a rerun of a rerun the first one's, whether it is still here or not. */
const char *same_experiment_root(const struct catalog *catalog, const struct catalog_run *run);
/* Whether `maker` started before `reader` ended. True when a time cannot be read. */
bool same_time_or_before(const struct catalog_run *maker, const struct catalog_run *reader);
