/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cite_environment: the part of publish/cite that asks the environment's tree, its definition and the lock of its
 * recipe.
 */
#pragma once

#include "publish/cite.h"

/* Fills definition, packages, distribution, snapshot and program. A tree that is not in the store is a note. */
int cite_environment(struct cite *cite, struct err *err);
