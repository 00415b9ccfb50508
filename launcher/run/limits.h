/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits: what a run was limited to, in its manifest and in words for people: experiment.limits, circumstances.limits.
 */
#pragma once

#include "base/limits.h"
#include "base/strlist.h"
#include "base/doc.h"
#include "run/reader.h"
#include "sandbox/launch.h"

/* The members of experiment.limits; NULL when nothing is limited. */
struct doc *limits_doc(const struct limits *limits);
/* Reads them back; an absent object limits nothing. */
int limits_read(const struct reader *reader, const struct doc *object, struct limits *ret_limits);

/* How they were held, and which were hit. */
struct doc *limits_held_doc(const struct limits_held *held);
/* Adds peak_memory_bytes to the resources of a run when it is known. `held` may be NULL. */
void limits_put_usage(struct doc *resources, const struct limits_held *held);

/* Lines for people, after a launch: which limits ended the run, or were hit. None when nothing was limited. */
void limits_tell_hit(const struct launch_result *launch, struct strlist *ret_lines);
/* The same: which limits are weaker here than they sound. */
void limits_tell_weak(const struct limits_held *held, struct strlist *ret_lines);
/* One line: each limit and by what it was held, out of circumstances.limits (NULL: nothing was started); caller frees.
 */
char *limits_describe(const struct limits *limits, const struct doc *held);
