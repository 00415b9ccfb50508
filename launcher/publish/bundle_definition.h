/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_definition: the definition of an environment as it stands in a bundle: the lines of the definition that the
 * run used, without comments and without addresses that mean nothing elsewhere (file:// and paths). Of an artifact that
 * is in the bundle, the first address is its place there: who unpacks a bundle by hand has a definition that works.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "run/setup.h"

/* `text` is that of a definition which pins the environment's artifact; NULL: none is known, then its pin is all that
 * there is. ERR_INVALID when it is no definition or pins another artifact. */
int bundle_definition_make(const struct setup_environment *environment, const char *text, bool with_artifact,
                           struct buf *ret_text, struct err *err);

/* Checks the definition of a bundle, which is foreign, before anything is brought by it: it pins the environment's
 * artifact, and names no place of this host but the artifact in `folder`, where the bundle is unpacked (NULL: the
 * bundle has none). */
int bundle_definition_check(const char *path, const struct setup_environment *environment, const char *folder,
                            struct err *err);
