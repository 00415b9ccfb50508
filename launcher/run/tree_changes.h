/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tree_changes: what was left out of an environment's tree or changed in it when it was unpacked (env/changes.h), as
 * the member "changes" of the tree in a manifest. Only what happened is there; the member is absent when nothing did,
 * and in manifests of before.
 */
#pragma once

#include "base/doc.h"
#include "env/changes.h"

void tree_changes_put(struct doc *tree, const struct changes *changes);
void tree_changes_read(const struct doc *tree, struct changes *ret_changes);
