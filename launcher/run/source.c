/* SPDX-License-Identifier: BSD-2-Clause
 * source: the bytes of a file from a place in it on, decompressed on the way when they are gzip. */
#include "run/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "run/expand.h"

enum { CHUNK = 256 * 1024 };

/* A few bytes of gzip can stand for petabytes. 1 TiB is more than any output that somebody waits for. */
#define EXPANDED_MOST (1ULL << 40)

struct source {
    int fd; /* -1 for memory */
    const unsigned char *memory;
    uint64_t at;  /* of the next byte to read, in the file or memory */
    uint64_t end; /* the place behind the last */
    struct expand *expand;
    unsigned char *packed; /* what was read and not yet expanded: packed[packed_start..packed_end) */
    size_t packed_start;
    size_t packed_end;
    unsigned char *bytes; /* available: bytes[start..filled) */
    size_t capacity;
    size_t start;
    size_t filled;
    uint64_t offset; /* of bytes[start] */
    uint64_t last;   /* offset at which the source ends by source_end_after */
    bool ended;
    const char *problem;
};

struct source *source_open(int fd, uint64_t start, uint64_t length, bool expand)
{
    struct source *source = xcalloc(1, sizeof(*source));
    source->fd = fd;
    source->at = start;
    source->end = length < UINT64_MAX - start ? start + length : UINT64_MAX;
    source->last = UINT64_MAX;
    if (expand) {
        source->expand = expand_new(EXPAND_GZIP);
        source->packed = xmalloc(CHUNK);
    }
    return source;
}

struct source *source_open_memory(const void *bytes, size_t length)
{
    struct source *source = xcalloc(1, sizeof(*source));
    source->fd = -1;
    source->memory = bytes;
    source->end = length;
    source->last = UINT64_MAX;
    return source;
}

void source_close(struct source *source)
{
    if (source != NULL) {
        expand_free(source->expand);
        free(source->packed);
        free(source->bytes);
        free(source);
    }
}

/* 0 at the end. */
static size_t read_raw(struct source *source, unsigned char *to, size_t room)
{
    uint64_t rest = source->end - source->at;
    size_t most = rest < room ? (size_t)rest : room;
    ssize_t got = (ssize_t)most;
    if (source->fd >= 0) {
        do {
            got = pread(source->fd, to, most, (off_t)source->at);
        } while (got < 0 && errno == EINTR);
    } else if (most > 0) {
        memcpy(to, source->memory + source->at, most);
    }
    if (got < 0) {
        source->problem = "cannot be read";
        return 0;
    }
    source->at += (uint64_t)got;
    return (size_t)got;
}

/* Once: 0 does not mean the end, source->ended does. */
static size_t read_expanded(struct source *source, unsigned char *to, size_t room)
{
    if (source->packed_start == source->packed_end) {
        source->packed_start = 0;
        source->packed_end = read_raw(source, source->packed, CHUNK);
        if (source->packed_end == 0) {
            source->ended = true;
            if (!expand_is_whole(source->expand) && source->problem == NULL) {
                source->problem = "ends too early";
            }
            return 0;
        }
    }
    size_t taken = 0;
    size_t made = 0;
    if (expand_step(source->expand, source->packed + source->packed_start, source->packed_end - source->packed_start,
                    &taken, to, room, &made) < 0) {
        source->problem = "is damaged";
    } else if (source->offset > EXPANDED_MOST) {
        source->problem = "is too large when decompressed";
    }
    source->packed_start += taken;
    source->ended = source->problem != NULL;
    return source->problem == NULL ? made : 0;
}

static void make_room(struct source *source, size_t length)
{
    if (source->start > 0 && source->start + length > source->capacity) {
        memmove(source->bytes, source->bytes + source->start, source->filled - source->start);
        source->filled -= source->start;
        source->start = 0;
    }
    if (length > source->capacity) {
        /* By doubling: a long line is asked for in growing steps. */
        size_t capacity = source->capacity < CHUNK ? CHUNK : source->capacity;
        while (capacity < length) {
            capacity *= 2;
        }
        source->bytes = xrealloc(source->bytes, capacity);
        source->capacity = capacity;
    }
}

static size_t available(const struct source *source)
{
    uint64_t here = source->filled - source->start;
    uint64_t rest = source->last - source->offset;
    return (size_t)(here < rest ? here : rest);
}

size_t source_need(struct source *source, size_t length)
{
    if (available(source) >= length) {
        return available(source);
    }
    make_room(source, length);
    while (source->filled - source->start < length && !source->ended) {
        unsigned char *to = source->bytes + source->filled;
        size_t room = source->capacity - source->filled;
        if (source->expand != NULL) {
            source->filled += read_expanded(source, to, room);
        } else {
            size_t got = read_raw(source, to, room);
            source->filled += got;
            source->ended = got == 0;
        }
    }
    return available(source);
}

const unsigned char *source_bytes(const struct source *source)
{
    return source->bytes + source->start;
}

void source_skip(struct source *source, size_t length)
{
    source->start += length;
    source->offset += length;
}

size_t source_line(struct source *source, const char **ret_line)
{
    size_t looked = 0;
    for (size_t want = 4096;; want *= 2) {
        size_t here = source_need(source, want);
        const char *line = (const char *)source_bytes(source);
        const char *end = here > looked ? memchr(line + looked, '\n', here - looked) : NULL;
        *ret_line = line;
        if (end != NULL) {
            return (size_t)(end - line) + 1;
        }
        if (here < want) {
            return here; /* the last one, without a line end */
        }
        if (want >= SOURCE_MOST) {
            source->problem = "has a line that is too long";
            return SOURCE_MOST;
        }
        looked = here;
    }
}

uint64_t source_offset(const struct source *source)
{
    return source->offset;
}

void source_end_after(struct source *source, uint64_t length)
{
    source->last = length < UINT64_MAX - source->offset ? source->offset + length : UINT64_MAX;
}

void source_give_up(struct source *source, const char *problem)
{
    source->problem = problem;
}

const char *source_problem(const struct source *source)
{
    return source->problem;
}
