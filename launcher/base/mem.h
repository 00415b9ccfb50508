/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mem: memory or a clean stop.
 *
 * sciwrap runs for seconds and allocates little: thousands of untested NULL branches would be worse than one line and
 * exit 125. A size that came from a file or the network must be checked against a limit before it gets here.
 */
#pragma once

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
/* Room for count elements of `size` bytes, the multiplication checked. */
void *xreallocarray(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
