/* SPDX-License-Identifier: BSD-2-Clause
 *
 * garbage: what killed processes left under tmp/ of a store: stages that nobody works in, partial downloads that nobody
 * took up for a week, trees whose removal was not finished (env/discard.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env/store.h"

/* Removes it; what cannot be removed is left for the next time. With `dry_run` it stays. The number of things; what
 * they took of the disk is added to *bytes (may be NULL: it takes a look at every file). */
size_t garbage_remove(const struct store *store, bool dry_run, uint64_t *bytes);
