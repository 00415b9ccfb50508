/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pin: finds out what a source is, so that a definition can name it by its digest.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "env/store.h"
#include "supply/pin_source.h"

struct pin_request {
    struct pin_source source;
    const char *name;     /* of the environment, for messages */
    const char *folder;   /* of the definition, absolute: what a relative address is relative to */
    const char *platform; /* "linux/arm64": which of an image's; NULL: this machine's */
};

/* What a definition says of it. */
struct pin {
    struct digest sha256;
    uint64_t size;
    char *url;
    char *description;
    uint64_t bytes;         /* of all that has to be fetched for it */
    bool image;             /* sha256 and size are of the manifest of one platform */
    char *tag;              /* of an image, by which it was found: a remark; NULL */
    struct strlist command; /* of an image, which needs none in the definition */
};

/* Asks the source. What has to be fetched for it stays in the store, which is open for writing. ERR_USAGE for a
 * platform where there is nothing to choose. */
int pin_find(const struct pin_request *request, const struct store *store, struct pin *ret_pin, struct err *err);
/* A look at the tree that was made of an archive: one that holds an image in the place of a root file system is
 * ERR_USAGE, one without programs is told. */
int pin_look_at(const struct pin_source *source, const struct digest *artifact, const struct store *store,
                struct err *err);
void pin_release(struct pin *pin);
