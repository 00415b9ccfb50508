/* SPDX-License-Identifier: BSD-2-Clause
 * mem: memory or a clean stop. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *or_stop(void *memory)
{
    if (memory == NULL) {
        static const char text[] = "sciwrap: out of memory\n";
        ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
        (void)ignored;
        _exit(125);
    }
    return memory;
}

void *xmalloc(size_t size)
{
    return or_stop(malloc(size > 0 ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return or_stop(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return or_stop(realloc(old, size > 0 ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    return or_stop(reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1));
}

char *xstrdup(const char *text)
{
    return or_stop(strdup(text));
}

char *xstrndup(const char *text, size_t length)
{
    return or_stop(strndup(text, length));
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return or_stop(length < 0 ? NULL : text);
}
