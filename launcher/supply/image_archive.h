/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_archive: where the members of an archive of images lie in its file: what `docker save` writes (and podman,
 * skopeo, buildkit), a plain tar. Nothing is unpacked: a layer is read from within the archive.
 *
 * Only the headers are walked, with a reader of our own (POSIX.1-2017 pax, "ustar Interchange Format"): regular files,
 * folders and links, names of at most IMAGE_ARCHIVE_NAME bytes. What else there is, is refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strmap.h"

enum { IMAGE_ARCHIVE_NAME = 255, IMAGE_ARCHIVE_MEMBERS = 100000 };

/* A range of the archive. */
struct image_range {
    uint64_t from, size;
};

struct image_archive {
    int fd; /* owned */
    struct strmap members;
};

int image_archive_open(const char *path, struct image_archive *ret_archive, struct err *err);
/* The member of that name, through links within the archive. False when there is none. */
bool image_archive_find(const struct image_archive *archive, const char *name, struct image_range *ret_range);
void image_archive_close(struct image_archive *archive);
