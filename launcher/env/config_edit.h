/* SPDX-License-Identifier: BSD-2-Clause
 *
 * config_edit: one key of the text of a config file set or taken out; every other line, comments too, stays as it is.
 */
#pragma once

#include "base/strlist.h"
#include "env/config_keys.h"

/* The text with a line "key = value" for each of `values` (none: the key is taken out). Lines of the key are replaced
 * where the first one stood; a new one goes to the end of its section, a new section to the end. Caller frees. */
char *config_edit(const char *text, const struct config_key *key, const struct strlist *values);
