/* SPDX-License-Identifier: BSD-2-Clause
 *
 * config_set: changes one key in the user's config file, and nothing else in it.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* No values: the key is taken out. The file, and the folders above it, are made when they are not there. A value that
 * the file could not hold is refused, and the file is then as it was. */
int config_set(const char *name, char **values, size_t count, struct err *err);
