/* SPDX-License-Identifier: BSD-2-Clause
 *
 * objects: contents that a rerun needs and that no file of the user holds any more, in the project's folder, by their
 * digest.
 *
 *     .sciwrap/objects/HH/HEX     HEX: sha256 of the content, HH its first two digits; mode 0444
 *
 * Each is there whole or not at all. It is not synced to disk: after a power cut it can be short, so whoever reads one
 * checks its digest, as of any other input.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

#define OBJECTS_FOLDER "objects"

struct objects {
    int fd; /* of .sciwrap, -1 when there is none */
};

/* One content on its way in. */
struct object {
    int fd;        /* to write to, -1 when there is none; may be written by any means, from any offset */
    char name[40]; /* "" while it has none */
};

/* `project` is the host path of .sciwrap. Nothing is made. */
int objects_open(struct objects *objects, const char *project, struct err *err);
void objects_close(struct objects *objects);

/* By place and length, which tells one that a power cut left short. */
bool objects_have(const struct objects *objects, const struct digest *digest, uint64_t size);
/* May be called by several threads at once, each with an object of its own. */
int objects_begin(const struct objects *objects, struct object *ret_object, struct err *err);
/* `digest` is that of what was written. Ends the object, after success and failure. */
int objects_commit(const struct objects *objects, struct object *object, const struct digest *digest, struct err *err);
void objects_abandon(const struct objects *objects, struct object *object);

/* Where this content is when it is kept; caller frees. */
char *objects_path(const char *project, const struct digest *digest);
