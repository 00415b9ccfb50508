/* SPDX-License-Identifier: BSD-2-Clause
 * places: which part of a plan a path inside belongs to. */
#include "run/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

/* Folders that the sandbox makes itself: the image's links of these names are left out (sandbox/root.c). */
static bool is_own_folder(const char *target)
{
    static const char *const names[] = {"/proc", "/dev", "/run", "/tmp"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(target, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

void places_learn(struct places *places, struct recorder *recorder, const struct recorder_call *call)
{
    const struct plan *plan = places->plan;
    static struct recorder_target target; /* large, and the recorder has one thread */
    if (places->real != NULL) {
        return;
    }
    places->real = xcalloc(plan->mount_count + 1, sizeof(*places->real));
    for (size_t i = 0; i < plan->mount_count; i++) {
        const char *named = plan->mount[i].target;
        bool plain = is_own_folder(named) || recorder_is_plain(recorder, call, named);
        bool found = !plain && recorder_resolve(recorder, call, named, true, &target);
        places->real[i] = xstrdup(found ? target.real : named);
        if (found) {
            recorder_target_release(&target);
        }
    }
}

static void describe(const struct places *places, size_t i, const char *real, struct place *place)
{
    const struct plan_mount *mount = &places->plan->mount[i];
    place->mount = i;
    place->writable = !mount->read_only && mount->kind != PLAN_FILE;
    if (mount->kind != PLAN_BIND) {
        place->kind = PLACE_MADE;
    } else if (path_is_under(mount->source, places->plan->scratch)) {
        place->kind = PLACE_PRIVATE;
    } else {
        const char *below = path_below(real, places->real[i]);
        place->kind = PLACE_HOST;
        snprintf(place->host, sizeof(place->host), "%s%s%s", mount->source, below[0] != '\0' ? "/" : "", below);
    }
}

void places_find(const struct places *places, const char *real, struct place *ret_place)
{
    size_t best = 0;
    size_t best_length = 0;
    for (size_t i = 0; places->real != NULL && i < places->plan->mount_count; i++) {
        size_t length = strlen(places->real[i]);
        /* The later of two at one place covers the earlier. */
        if (length >= best_length && path_is_under(real, places->real[i])) {
            best = i;
            best_length = length;
        }
    }
    ret_place->kind = real[0] != '\0' ? PLACE_ROOTFS : PLACE_MADE;
    ret_place->writable = places->plan->writable;
    ret_place->host[0] = '\0';
    if (best_length > 0) {
        describe(places, best, real, ret_place);
    }
}

void places_release(struct places *places)
{
    for (size_t i = 0; places->real != NULL && i < places->plan->mount_count; i++) {
        free(places->real[i]);
    }
    free(places->real);
    places->real = NULL;
}
