/* SPDX-License-Identifier: BSD-2-Clause
 * strmap: texts to values, in a table with open addressing. */
#include "base/strmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* FNV-1a, 64 bits (draft-eastlake-fnv). An adversary can make keys collide; he only slows down the recording of his own
 * run. */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *key != '\0'; key++) {
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3U;
    }
    return hash;
}

/* The slot of the key, or the free one where it belongs. */
static struct strmap_slot *find(const struct strmap *map, const char *key, uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & (map->capacity - 1);
    while (map->slot[at].key != NULL && (map->slot[at].hash != hash || strcmp(map->slot[at].key, key) != 0)) {
        at = (at + 1) & (map->capacity - 1);
    }
    return &map->slot[at];
}

void *strmap_get(const struct strmap *map, const char *key)
{
    return map->capacity == 0 ? NULL : find(map, key, hash_of(key))->value;
}

static void grow(struct strmap *map)
{
    struct strmap larger = {.capacity = map->capacity < 64 ? 64 : map->capacity * 2, .count = map->count};
    larger.slot = xcalloc(larger.capacity, sizeof(*larger.slot));
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slot[i].key != NULL) {
            *find(&larger, map->slot[i].key, map->slot[i].hash) = map->slot[i];
        }
    }
    free(map->slot);
    *map = larger;
}

void strmap_put(struct strmap *map, const char *key, void *value)
{
    uint64_t hash = hash_of(key);
    if (map->count * 4 >= map->capacity * 3) {
        grow(map);
    }
    struct strmap_slot *slot = find(map, key, hash);
    if (slot->key == NULL) {
        slot->key = xstrdup(key);
        slot->hash = hash;
        map->count++;
    }
    slot->value = value;
}

void strmap_clear(struct strmap *map)
{
    for (size_t i = 0; i < map->capacity; i++) {
        free(map->slot[i].key);
        map->slot[i] = (struct strmap_slot){0};
    }
    map->count = 0;
}

void strmap_release(struct strmap *map)
{
    strmap_clear(map);
    free(map->slot);
    *map = (struct strmap){0};
}
