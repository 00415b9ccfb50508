/* SPDX-License-Identifier: BSD-2-Clause
 * strset: a growable set of strings that it owns. */
#include "base/strset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* FNV-1a with a final mix. Who can choose the names can make them collide, and slows down only his own run. */
static size_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037ULL;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
    }
    return (size_t)(hash ^ hash >> 32);
}

/* The slot that holds `text`, or the free one in which it belongs. */
static size_t find(const struct strset *set, const char *text)
{
    size_t at = hash_of(text) & (set->slots - 1);
    while (set->slot[at] != NULL && strcmp(set->slot[at], text) != 0) {
        at = (at + 1) & (set->slots - 1);
    }
    return at;
}

static void grow(struct strset *set)
{
    struct strset larger = {.slots = set->slots < 64 ? 64 : set->slots * 2, .count = set->count};
    larger.slot = xcalloc(larger.slots, sizeof(*larger.slot));
    for (size_t i = 0; i < set->slots; i++) {
        if (set->slot[i] != NULL) {
            larger.slot[find(&larger, set->slot[i])] = set->slot[i];
        }
    }
    free(set->slot);
    *set = larger;
}

bool strset_add(struct strset *set, const char *text)
{
    if (set->count * 2 >= set->slots) {
        grow(set);
    }
    size_t at = find(set, text);
    if (set->slot[at] != NULL) {
        return false;
    }
    set->slot[at] = xstrdup(text);
    set->count++;
    return true;
}

bool strset_has(const struct strset *set, const char *text)
{
    return set->slots > 0 && set->slot[find(set, text)] != NULL;
}

void strset_release(struct strset *set)
{
    for (size_t i = 0; i < set->slots; i++) {
        free(set->slot[i]);
    }
    free(set->slot);
    *set = (struct strset){0};
}
