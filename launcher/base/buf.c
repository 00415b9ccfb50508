/* SPDX-License-Identifier: BSD-2-Clause
 * buf: a growable byte string that is always terminated. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void make_room(struct buf *buf, size_t more)
{
    size_t needed = buf->length + more + 1;
    if (needed <= buf->capacity) {
        return;
    }
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity * 2;
    buf->capacity = capacity < needed ? needed : capacity;
    buf->bytes = xrealloc(buf->bytes, buf->capacity);
}

void buf_reserve(struct buf *buf, size_t more)
{
    make_room(buf, more);
    buf->bytes[buf->length] = '\0';
}

void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    make_room(buf, length);
    if (length > 0) {
        memcpy(buf->bytes + buf->length, bytes, length);
    }
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        make_room(buf, (size_t)length);
        vsnprintf(buf->bytes + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    if (buf->bytes != NULL) {
        buf->bytes[0] = '\0';
    }
}

const char *buf_text(const struct buf *buf)
{
    return buf->bytes != NULL ? buf->bytes : "";
}

bool buf_equal(const struct buf *one, const struct buf *other)
{
    return one->length == other->length && memcmp(buf_text(one), buf_text(other), one->length) == 0;
}

char *buf_take(struct buf *buf)
{
    char *bytes = buf->bytes != NULL ? buf->bytes : xstrdup("");
    *buf = (struct buf){0};
    return bytes;
}

void buf_release(struct buf *buf)
{
    free(buf->bytes);
    *buf = (struct buf){0};
}
