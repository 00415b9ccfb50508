/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build: a recipe and its lock to an artifact, one tar, always the same bytes. Needs no root, no dpkg and no apt.
 *
 * Packages are fetched into the store (so a second build downloads nothing), read by several threads into the spool,
 * merged in the order of the lock, and written by supply/tarball.
 */
#pragma once

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "env/definition.h"
#include "env/store.h"
#include "supply/lockfile.h"
#include "base/progress.h"
#include "supply/recipe.h"

struct build_request {
    const struct recipe *recipe;
    const struct lockfile *lock;
    const struct strlist *mirrors; /* NULL: none given */
    unsigned jobs;                 /* threads that read packages; 0: one a CPU */
    const struct digest *pin;      /* what must come out; NULL: anything */
    const char *pinned_by;         /* path of the definition with the pin, for messages */
};

struct build_result {
    struct digest sha256;
    uint64_t size;
};

/* Builds the artifact into blobs/sha256/HEX of the store, which is open for writing. ERR_MISMATCH, and nothing in the
 * store, when it is not what the pin says. */
int build(const struct build_request *request, const struct store *store, struct progress *progress,
          struct build_result *ret_result, struct err *err);

/* Builds the artifact of a definition from the recipe that it names; afterwards the blob of def->sha256 is in the
 * store. */
int build_artifact_for(const struct definition *def, const struct store *store, struct progress *progress,
                       struct err *err);

/* Loads the lock of a recipe and checks that it was made for what the recipe asks. */
int build_load_lock(const struct recipe *recipe, struct lockfile *ret_lock, struct err *err);
