/* SPDX-License-Identifier: BSD-2-Clause
 *
 * strset: a growable set of strings that it owns, for asking "was this one seen before". `struct strset s = {0};` is an
 * empty one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strset {
    char **slot; /* open addressing; NULL where none */
    size_t slots;
    size_t count;
};

/* True when `text` was not in it before. */
bool strset_add(struct strset *set, const char *text);
bool strset_has(const struct strset *set, const char *text);
void strset_release(struct strset *set);
