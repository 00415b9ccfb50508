/* SPDX-License-Identifier: BSD-2-Clause
 *
 * origin: the definition that the environment of a run came from, as it was then: the member `definition` of the
 * circumstances. A definition can be another one tomorrow; who bundles or cites the run wants this one.
 */
#pragma once

#include "base/doc.h"
#include "run/setup.h"

/* {"path", "text"}; NULL when it is not known. */
struct doc *origin_doc(const struct setup_environment *environment);
/* The member read back, or nothing when it is absent. Its text is as foreign as the manifest: definition_parse() checks
 * it when it is used. */
void origin_read(const struct doc *circumstances, struct setup_environment *environment);
