/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cdi_hook: what a hook of a CDI specification would do, as far as that is known. A hook is a program of the host that
 * is executed with the rights of the runtime; sciwrap executes none.
 */
#pragma once

#include "base/doc.h"
#include "base/strlist.h"

/* The links of "create-symlinks", as they are given, two texts each: what the link says, and its place.
 * "update-ldcache" needs nothing: sciwrap links host libraries to their names itself. Any other is put into words in
 * *ret_left_out, which is NULL else; caller frees. */
void cdi_hook_read(const struct doc *hook, struct strlist *ret_links, char **ret_left_out);
