/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_bring: from a definition to the blobs of its image: looked for in the store, then at mirrors and the addresses
 * of the definition, in their order. What comes over a network stays in the store.
 */
#pragma once

#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"
#include "supply/image.h"
#include "supply/image_source.h"
#include "base/progress.h"
#include "supply/unpack.h"

/* What is done with an image of which the blobs are at hand: manifest and config are checked; the layers, in their
 * order, lie in `layers` (descriptors of the source), and nothing of them was checked but their sizes. ERR_NOT_FOUND,
 * ERR_MISMATCH and ERR_NETWORK send the search on to the next source. */
typedef int image_take(void *user, struct image_source *source, const struct image *image,
                       const struct unpack_archive *layers, struct err *err);

/* The first source with which `take` succeeds. ERR_NOT_FOUND tells what was wrong with each. */
int image_bring(const struct definition *def, const struct store *store, struct progress *progress, image_take *take,
                void *user, struct err *err);
