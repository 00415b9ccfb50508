/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_keep: the blobs of an image in the store, for what needs them as they are: an exported environment, a bundle.
 */
#pragma once

#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"
#include "supply/image_manifest.h"
#include "base/progress.h"

struct image_blobs {
    struct image_blob *blob; /* the manifest, the config, the layers from the lowest; each once */
    size_t count;
};

/* Brings every blob of the image of the definition (ARTIFACT_IMAGE) into the store, which is open for writing. The
 * caller holds collect_keep_blobs() as long as it needs them. What lies in the store already is not read again. */
int image_keep(const struct definition *def, const struct store *store, struct progress *progress,
               struct image_blobs *ret_blobs, struct err *err);
void image_blobs_release(struct image_blobs *blobs);
