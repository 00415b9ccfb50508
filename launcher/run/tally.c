/* SPDX-License-Identifier: BSD-2-Clause
 * tally: bytes that pass through: counted, hashed, and kept. */
#include "run/tally.h"

#include <string.h>

#include "base/fs.h"
#include "base/units.h"

void tally_begin(struct tally *tally, const struct objects *objects, char *early, uint64_t most)
{
    *tally = (struct tally){.objects = objects, .early = early, .object.fd = -1, .most = most};
    digest_begin(&tally->state);
}

static void stop_keeping(struct tally *tally)
{
    objects_abandon(tally->objects, &tally->object);
    tally->objects = NULL;
}

static int begin_object(struct tally *tally, size_t early)
{
    if (tally->object.fd >= 0) {
        return 0;
    }
    if (objects_begin(tally->objects, &tally->object, &tally->unkept) < 0) {
        return -1;
    }
    return fs_write_fd(tally->object.fd, "objects", tally->early, early, &tally->unkept);
}

static void keep(struct tally *tally, const void *bytes, size_t length)
{
    if (length > tally->most || tally->size > tally->most - length) {
        char most[16];
        err_set(&tally->unkept, ERR_INVALID, "more than %s came", units_size(most, tally->most));
        stop_keeping(tally);
    } else if (tally->object.fd < 0 && tally->size + length <= TALLY_EARLY) {
        memcpy(tally->early + tally->size, bytes, length);
    } else if (begin_object(tally, (size_t)tally->size) < 0 ||
               fs_write_fd(tally->object.fd, "objects", bytes, length, &tally->unkept) < 0) {
        stop_keeping(tally);
    }
}

void tally_add(struct tally *tally, const void *bytes, size_t length)
{
    digest_update(&tally->state, bytes, length);
    if (tally->objects != NULL) {
        keep(tally, bytes, length);
    }
    tally->size += length;
}

bool tally_end(struct tally *tally, struct digest *ret_digest)
{
    digest_end(&tally->state, ret_digest);
    if (tally->objects == NULL || tally->size == 0) {
        return false;
    }
    if (tally->object.fd < 0 && objects_have(tally->objects, ret_digest, tally->size)) {
        return true;
    }
    if (begin_object(tally, (size_t)tally->size) < 0) {
        stop_keeping(tally);
        return false;
    }
    return objects_commit(tally->objects, &tally->object, ret_digest, &tally->unkept) == 0;
}
