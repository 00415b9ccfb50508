/* SPDX-License-Identifier: BSD-2-Clause
 *
 * comparison_doc: a comparison as JSON: the member `comparison` in the record of a rerun, and what `rerun --json` and
 * `diff --json` print (docs/man/sciwrap-manifest.5).
 */
#pragma once

#include "run/compare.h"

#define COMPARISON_SCHEMA "sciwrap-comparison/1"

/* {"with", "same_exit", "verdict", "counts", "outputs", "differences", "rules", "machine"} */
struct doc *comparison_doc(const struct comparison *comparison);
