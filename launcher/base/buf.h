/* SPDX-License-Identifier: BSD-2-Clause
 *
 * buf: a growable byte string that is always terminated. `struct buf b = {0};` is an empty one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *bytes;   /* owned; NULL while empty and never grown: use buf_text() to read */
    size_t length; /* without the terminator */
    size_t capacity;
};

void buf_add(struct buf *buf, const void *bytes, size_t length);
void buf_add_text(struct buf *buf, const char *text);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Memory for so many bytes more, at once: for what is known to be large. */
void buf_reserve(struct buf *buf, size_t more);
void buf_clear(struct buf *buf); /* keeps the memory */
/* The bytes, never NULL; borrowed until the next change. */
const char *buf_text(const struct buf *buf);
bool buf_equal(const struct buf *one, const struct buf *other);
/* The bytes for the caller to free; the buf is empty afterwards. */
char *buf_take(struct buf *buf);
void buf_release(struct buf *buf);
