/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_export: an environment as one file (supply/store_file.h), for hosts that cannot fetch it themselves.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"

/* Writes `path`, whole or not at all. What it needs and the store does not have is brought as by pull; `store` is open
 * for writing. Without `replace` a file that is there is an error. */
int store_export(const struct definition *def, const struct store *store, const char *path, bool replace,
                 struct err *err);
