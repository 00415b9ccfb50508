/* SPDX-License-Identifier: BSD-2-Clause
 *
 * strlist: a growable list of strings that it owns. Its array ends in NULL, so it can be an argv or an environment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strlist {
    char **item; /* NULL while nothing was added: use strlist_items() to hand it on */
    size_t count;
    size_t capacity;
};

void strlist_add(struct strlist *list, const char *text);
void strlist_addf(struct strlist *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strlist_take(struct strlist *list, char *text); /* takes ownership of text */
bool strlist_has(const struct strlist *list, const char *text);
/* By bytes, as strcmp orders: the same everywhere, whatever the locale. */
void strlist_sort(struct strlist *list);
/* Its texts with a space between them; caller frees. */
char *strlist_join(const struct strlist *list);
char **strlist_items(const struct strlist *list); /* NULL-terminated, never NULL; borrowed */
/* What NAME is among "NAME=value", which end in NULL: environ(7), or strlist_items(). NULL: nothing; borrowed. */
const char *strlist_value(char *const *assignments, const char *name);
void strlist_release(struct strlist *list);
