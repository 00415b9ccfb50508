/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_source: where the blobs of an image lie on this machine, by digest: a folder that is an OCI layout (OCI image
 * specification 1.1, image-layout.md), an archive that `docker save` wrote, or the store.
 *
 * An archive of the old form names its layers by files, not by digest, and has no manifest: it gets the canonical one
 * of image_manifest_write(), with the diff_ids for the digests of its layers. One of the new form is a layout in a tar.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "env/store.h"
#include "supply/image_archive.h"

/* Where a blob lies. The descriptor is the source's. */
struct image_place {
    int fd;
    uint64_t from, size;
};

/* A blob of an archive of the old form, or one that we wrote for it. */
struct image_alias {
    struct digest digest;
    char *member; /* NULL: `text` it is */
    char *text;
};

/* An image that an archive's manifest.json names. */
struct image_saved {
    struct digest manifest; /* of the one that we wrote for it */
    struct strlist names;   /* "debian:12" */
};

enum image_source_kind { IMAGE_SOURCE_LAYOUT, IMAGE_SOURCE_ARCHIVE, IMAGE_SOURCE_STORE };

struct image_source {
    enum image_source_kind kind;
    char *path;                   /* of the folder or file */
    char *reference;              /* which image of several: what stood behind the path; NULL */
    int dir_fd;                   /* LAYOUT */
    const struct store *store;    /* STORE; borrowed */
    struct image_archive archive; /* ARCHIVE */
    bool is_old;                  /* an archive without index.json */
    struct image_alias *alias;
    size_t aliases;
    struct image_saved *saved;
    size_t saves;
    int *opened; /* descriptors that were handed out */
    size_t opens;
};

bool image_source_is_local(const char *url); /* oci-layout: or docker-archive: */
/* "oci-layout:DIR[:NAME]", "docker-archive:FILE[:NAME]". ERR_NOT_FOUND when there is nothing of that path. */
int image_source_open(const char *url, struct image_source *ret_source, struct err *err);
void image_source_of_store(const struct store *store, struct image_source *ret_source);
void image_source_close(struct image_source *source);

/* Where the blob lies; nothing of it was checked. ERR_NOT_FOUND when it is not there, ERR_MISMATCH when it is there and
 * has another size than `size` (0: any). */
int image_source_find(struct image_source *source, const struct digest *digest, uint64_t size,
                      struct image_place *ret_place, struct err *err);
/* Appends the bytes of a short blob, which the caller has found to be short. */
int image_place_read(const struct image_place *place, struct buf *bytes, struct err *err);
/* The bytes of a short blob, checked against its digest. */
int image_source_read(struct image_source *source, const struct digest *digest, uint64_t size, size_t most,
                      struct buf *ret_bytes, struct err *err);
/* The index.json of a layout. */
int image_source_index(struct image_source *source, struct buf *ret_bytes, struct err *err);
