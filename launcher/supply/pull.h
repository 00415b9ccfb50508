/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pull: brings the tree of an environment into the store, from wherever it can be had: the artifact in the store, the
 * addresses of the definition in their order, its recipe.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"

/* Afterwards the complete tree of def->sha256 is in the store (open for writing) or in the site's. Says what it does.
 * With `offline` nothing is asked from the network. */
int pull_environment(const struct definition *def, const struct store *store, bool offline, struct err *err);
