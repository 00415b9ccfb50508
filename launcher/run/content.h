/* SPDX-License-Identifier: BSD-2-Clause
 *
 * content: bytes found again by their digest, wherever they lie today: where the file was, or in a folder of objects.
 *
 * A folder of objects is `.sciwrap/objects` of a project, or one of the same form (an unpacked bundle):
 *
 *     HH/HEX     a regular file with the sha256 HEX; HH are the first two digits of it
 *
 * Nothing is believed by its name: whatever is handed out was hashed by this process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"

/* Where to look; the likeliest place first. */
struct content_places {
    struct strlist files;   /* host paths of files that may hold it */
    struct strlist objects; /* host paths of folders of objects */
};

void content_places_release(struct content_places *places);

/* What is looked for. In a file it begins at `offset` (output that was appended); an object is the content itself. */
struct content {
    struct digest digest;
    uint64_t size;
    uint64_t offset;
    bool is_open_ended; /* a file that has grown since holds it too */
};

/* A descriptor for reading, positioned at the first byte of the content: the next content->size bytes are it.
 * *ret_place (may be NULL) is then the host path that it was found at, for the caller to free. -1 with ERR_NOT_FOUND
 * when no place has it (files that are not there, cannot be read or hold other bytes are passed over). */
int content_open(const struct content_places *places, const struct content *content, char **ret_place, struct err *err);

/* FOLDER/HH/HEX; caller frees. */
char *content_object_path(const char *folder, const struct digest *digest);
