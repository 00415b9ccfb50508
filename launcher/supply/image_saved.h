/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_saved: the documents of what `docker save` writes: manifest.json (Docker image specification 1.2, "Combined
 * Image JSON + Filesystem Changeset Format"), and the marker of a layout.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "supply/image_source.h"

/* ERR_INVALID unless the text is of the file `oci-layout` of a version that is known. */
int image_saved_check_layout(const char *name, const char *bytes, size_t length, struct err *err);
/* The bytes of a member of the open archive. */
int image_saved_member(struct image_source *source, const char *member, size_t most, struct buf *ret_bytes,
                       struct err *err);
/* Makes the manifests of the images of an archive's manifest.json: `saved` and `alias` of the source. */
int image_saved_read(struct image_source *source, struct err *err);
