/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pins: from the environment that a record names to a definition and a tree that are the same.
 */
#pragma once

#include "commands/records.h"
#include "env/store.h"
#include "run/setup.h"

/* The path of the definition that pins this artifact: that of the bundle, the one known here by that name, or any other
 * known here. Caller frees; NULL when there is none. */
char *pins_find(const struct setup_environment *environment, const struct record *record);
/* The tree; brought when it is not in the store. ERR_MISMATCH when it is not the one of the manifest. */
int pins_find_tree(const struct setup_environment *environment, const struct record *record,
                   struct store_tree *ret_tree, struct err *err);
