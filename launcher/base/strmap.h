/* SPDX-License-Identifier: BSD-2-Clause
 *
 * strmap: texts to values. Owns the texts, not what the values point to.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct strmap_slot {
    char *key; /* NULL: free */
    uint64_t hash;
    void *value;
};

struct strmap {
    struct strmap_slot *slot;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
};

/* NULL when `key` is not there. */
void *strmap_get(const struct strmap *map, const char *key);
/* Replaces what is there. `value` is not NULL. */
void strmap_put(struct strmap *map, const char *key, void *value);
void strmap_clear(struct strmap *map);
void strmap_release(struct strmap *map);
