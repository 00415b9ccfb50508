/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bind_source: where on the host a path leads that the user names after --bind, and who may have led it there.
 *
 * A program in an earlier run can put a link into any directory that was bound writable, in the place of one that the
 * user will name next time (CVE-2024-42472 is of this kind). Read-only that shows more than was meant; writable it lets
 * the next run out. Links that lead to data are common all the same, so only those are refused that a run can have
 * made.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* `source` (absolute, normal, exists) without links; caller frees. When `writable`, ERR_USAGE if a link on the way lies
 * in a directory that this process may write, as runs that it starts may: the message has the path to name instead.
 * Directly in "/" and in the home directory `home` (NULL: none) links are taken for the user's own, unless that is or
 * lies in `workdir`: who binds one of those writable has let the run out already. What is changed after the look is for
 * the sandbox to see (plan_mount.exact). */
int bind_source_resolve(const char *source, bool writable, const char *workdir, const char *home, char **ret_real,
                        struct err *err);
