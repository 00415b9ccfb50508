/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_manifest: the JSON documents of an image (OCI image specification 1.1: descriptor.md, image-index.md,
 * manifest.md; Docker's image manifest version 2, schema 2).
 *
 * A document that two readers could understand differently is refused: a key that comes twice, or once more in other
 * letters (Go's reader takes them for the same), a manifest that is an index as well (CVE-2021-41190), a media type
 * within that is not the one it was called. What is unknown beside is passed over, as the specification wants.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

enum {
    IMAGE_DOCUMENT_BYTES = 4 * 1024 * 1024, /* a manifest or index; what registries take at most */
    IMAGE_LAYERS = 500,                     /* Docker makes 127 at most */
    IMAGE_INDEX_ENTRIES = 10000,
};

enum image_kind {
    IMAGE_MANIFEST,
    IMAGE_INDEX,
    IMAGE_CONFIG,
    IMAGE_LAYER,
    IMAGE_FOREIGN, /* a layer that only its maker hands out */
    IMAGE_OTHER,
};

/* A blob as a document names it. */
struct image_blob {
    enum image_kind kind;
    struct digest digest;
    uint64_t size;
};

struct image_manifest {
    struct image_blob config;
    struct image_blob *layer; /* the lowest first */
    size_t layers;
};

/* One line of an index. NULL texts where it says nothing. */
struct image_entry {
    struct image_blob blob;
    char *os, *architecture, *variant;
    char *name; /* annotation org.opencontainers.image.ref.name */
};

struct image_index {
    struct image_entry *entry;
    size_t count;
};

/* What kind of document a media type names; IMAGE_OTHER for NULL. */
enum image_kind image_kind_of(const char *media_type);

/* The kind of the document that `bytes` are: by its own media type, or by what it has. ERR_INVALID unless it is a
 * manifest or an index. */
int image_document_kind(const char *name, const char *bytes, size_t length, enum image_kind *ret_kind, struct err *err);
/* `name` is for messages. ERR_INVALID for what is not the manifest of an image that can be unpacked. */
int image_manifest_parse(const char *name, const char *bytes, size_t length, struct image_manifest *ret_manifest,
                         struct err *err);
void image_manifest_release(struct image_manifest *manifest);
int image_index_parse(const char *name, const char *bytes, size_t length, struct image_index *ret_index,
                      struct err *err);
void image_index_release(struct image_index *index);

/* "sha256:HEX"; false for anything else. */
bool image_digest_from_text(const char *text, struct digest *ret_digest);

/* The manifest of an image that has none: of its config and of its layers, which are plain tar. Always the same text
 * for the same ones; caller frees. */
char *image_manifest_write(const struct image_manifest *manifest);
