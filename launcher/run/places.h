/* SPDX-License-Identifier: BSD-2-Clause
 *
 * places: which part of a plan a path inside belongs to: the rootfs, the host by a bind, or what is the run's own.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "sandbox/plan.h"
#include "sandbox/recorder.h"

enum place_kind {
    PLACE_ROOTFS,
    PLACE_HOST,    /* the work directory and what was bound besides */
    PLACE_PRIVATE, /* /tmp, /var/tmp, home: gone with the run */
    PLACE_MADE,    /* proc, dev, tmpfs, files of ours */
};

struct places {
    const struct plan *plan;
    char **real; /* of each mount, its target without links; NULL until places_learn() */
};

struct place {
    enum place_kind kind;
    bool writable;
    size_t mount;        /* of the plan; not for PLACE_ROOTFS */
    char host[PATH_MAX]; /* PLACE_HOST: the path on the host */
};

/* Once, when the run makes its first call: a target can lead through links of the image. */
void places_learn(struct places *places, struct recorder *recorder, const struct recorder_call *call);
/* `real` has no links. Of "" it is only known that it is nowhere. */
void places_find(const struct places *places, const char *real, struct place *ret_place);
void places_release(struct places *places);
