/* SPDX-License-Identifier: BSD-2-Clause
 * strlist: a growable list of strings that it owns. */
#include "base/strlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

void strlist_take(struct strlist *list, char *text)
{
    if (list->count + 2 > list->capacity) {
        list->capacity = list->capacity < 8 ? 8 : list->capacity * 2;
        list->item = xreallocarray(list->item, list->capacity, sizeof(*list->item));
    }
    list->item[list->count++] = text;
    list->item[list->count] = NULL;
}

void strlist_add(struct strlist *list, const char *text)
{
    strlist_take(list, xstrdup(text));
}

void strlist_addf(struct strlist *list, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text = xstrdup("");
    }
    va_end(args);
    strlist_take(list, text);
}

bool strlist_has(const struct strlist *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->item[i], text) == 0) {
            return true;
        }
    }
    return false;
}

char *strlist_join(const struct strlist *list)
{
    struct buf text = {0};
    buf_add_text(&text, "");
    for (size_t i = 0; i < list->count; i++) {
        buf_add_text(&text, i > 0 ? " " : "");
        buf_add_text(&text, list->item[i]);
    }
    return buf_take(&text);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *list)
{
    if (list->count > 1) {
        qsort(list->item, list->count, sizeof(*list->item), by_bytes);
    }
}

char **strlist_items(const struct strlist *list)
{
    static char *none[] = {NULL};
    return list->item != NULL ? list->item : none;
}

const char *strlist_value(char *const *assignments, const char *name)
{
    size_t length = strlen(name);
    for (char *const *at = assignments; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=') {
            return *at + length + 1;
        }
    }
    return NULL;
}

void strlist_release(struct strlist *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->item[i]);
    }
    free(list->item);
    *list = (struct strlist){0};
}
