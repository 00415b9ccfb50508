/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tally: bytes that pass through: counted, hashed, and kept among the objects of the project when that is asked.
 *
 * Belongs to one thread at a time, and allocates nothing in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "run/objects.h"

struct tally {
    struct digest_state state;
    uint64_t size;
    const struct objects *objects; /* NULL: nothing is kept, or not any more */
    char *early;                   /* the first bytes: most contents are small, and many are there already */
    struct object object;
    uint64_t most;     /* bytes; of more nothing is kept */
    struct err unkept; /* why what was to be kept is not */
};

enum { TALLY_EARLY = 64 * 1024 };

/* `objects` may be NULL; else `early` has TALLY_EARLY bytes. Both are borrowed. */
void tally_begin(struct tally *tally, const struct objects *objects, char *early, uint64_t most);
void tally_add(struct tally *tally, const void *bytes, size_t length);
/* True when the content is among the objects now; of nothing at all, nothing is kept. */
bool tally_end(struct tally *tally, struct digest *ret_digest);
