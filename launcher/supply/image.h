/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image: an image from where it is named to the tree of one platform in the store.
 *
 * The pin of an image is the digest of the manifest of one platform. The manifest names the config and the layers by
 * digest and size, the config the layers once more, decompressed; all of that is checked.
 *
 *   image_manifest   the JSON documents; image_doc: what their readers share
 *   image_config     the config: platform, diff_ids, command and variables
 *   image_source     where blobs lie on this machine: image_archive, image_saved: in what `docker save` writes
 *   image_choose     from a name or an index to the manifest of one platform
 *   image_tree       from a manifest to a tree
 *   registry         blobs of a registry
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "env/definition.h"
#include "env/store.h"
#include "supply/image_config.h"
#include "supply/image_manifest.h"
#include "base/progress.h"
#include "supply/stage.h"

/* What a source has, and what a definition says of it. */
struct image {
    struct digest digest; /* of the manifest of one platform: [artifact] sha256 */
    uint64_t size;        /* of the manifest: [artifact] size */
    char *url;            /* for the definition: oci://HOST/REPOSITORY@sha256:HEX, oci-layout:DIR, docker-archive:FILE;
                             a path as it was given */
    char *tag;            /* by which it was found: [artifact] tag; NULL: by digest, or it has none */
    struct image_manifest manifest;
    struct image_config config;
};

/* Finds what `url` means now: oci://HOST/REPOSITORY[:TAG][@sha256:HEX], oci-layout:DIR[:NAME],
 * docker-archive:FILE[:NAME]. Of an index the image for `platform`, "linux/ARCHITECTURE[/VARIANT]", or with NULL for
 * this machine. Of several images in a layout or archive, without
 * a name, ERR_USAGE lists the names. Brings manifest and config of a registry into the store, which is open for
 * writing.
 */
int image_resolve(const char *url, const char *platform, const struct store *store, struct image *ret_image,
                  struct err *err);
void image_release(struct image *image);

/* The text of a manifest, which hashes to `digest`, as a blob of the store. */
int image_keep_manifest(const struct store *store, const struct buf *text, const struct digest *digest,
                        struct err *err);

/* Unpacks the image of the definition (ARTIFACT_IMAGE) into the stage, from the blobs of the store, else from the
 * addresses in their order; what comes from a registry stays in the store as blobs. Fills *ret_tree as unpack_image()
 * does and writes the settings beside the tree. */
int image_pull(const struct definition *def, const struct store *store, struct stage *stage, struct progress *progress,
               struct store_tree *ret_tree, struct err *err);
