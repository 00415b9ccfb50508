/* SPDX-License-Identifier: BSD-2-Clause
 *
 * leaks: what of the host shone through a run and could not be pinned. Nothing of it is silently accepted: it stands in
 * the manifest.
 */
#pragma once

#include "run/manifest.h"

/* An array of {"kind", "detail"}. */
struct doc *leaks_doc(const struct manifest *manifest);
