/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pull: brings the tree of an environment into the store, from wherever it can be had: the artifact in the store, the
 * addresses of the definition in their order with the mirrors (mirror.h) around them, its recipe.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"

struct pull_options {
    bool again; /* a tree that is in the store is replaced by one that was unpacked now */
};

/* Afterwards the complete tree of def->sha256 is in the store (open for writing) or in the site's. Says what it does.
 */
int pull_environment(const struct definition *def, const struct store *store, const struct pull_options *options,
                     struct err *err);

/* The artifact itself, open for reading at its start and checked, from the same places; what has to be fetched or built
 * for it stays in the store, which is open for writing. -1 on error. */
int pull_artifact(const struct definition *def, const struct store *store, struct err *err);
