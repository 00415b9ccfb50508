/* SPDX-License-Identifier: BSD-2-Clause
 *
 * announcement_doc: the text of an announcement (run/announcement.h), one JSON object and a line end.
 */
#pragma once

#include "run/announcement.h"

/* At most about ANNOUNCEMENT_MOST bytes: a long command is cut, a large environment left out. Caller frees. */
char *announcement_format(const struct manifest *manifest, const struct plan *plan, const char *project,
                          const struct launch_result *launched);
