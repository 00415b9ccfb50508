/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keyrules: the known sections and keys of one .ini format, as a table, and what happens with each value.
 *
 * A section or key that is in no row, a key that stands twice without being repeatable, and a value with a control
 * character are refused with "file:line: ..." and the nearest known word. What a value means is the row's own function.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/keyfile.h"

struct keyrule {
    const char *section;
    const char *key; /* NULL: every key of the section; then each key may still stand only once */
    bool repeatable;
    /* Puts the entry into `into`; complains with keyfile_complain(). */
    int (*take)(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
};

enum { KEYRULES_ENTRIES = 20000 }; /* a recipe lists hundreds; beyond this the file is wrong, not big */

/* "file:line: KEY = 'VALUE': one of WORD, WORD", and which of them was meant when one is near. `words` ends in NULL. */
int keyrules_complain_word(const struct keyfile *file, const struct keyfile_entry *entry, const char *const *words,
                           struct err *err);

int keyrules_apply(const struct keyfile *file, const struct keyrule *rules, size_t count, void *into, struct err *err);
