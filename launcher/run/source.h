/* SPDX-License-Identifier: BSD-2-Clause
 *
 * source: the bytes of a file from a place in it on, decompressed on the way when they are gzip, in bounded memory
 * however long it is: for comparing two outputs side by side.
 *
 *     while (source_need(source, 64) > 0) { ... source_bytes(source) ... source_skip(source, n); }
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 16 MiB: the most that one look ahead can ask for, and so the longest line and the largest record. */
enum { SOURCE_MOST = 16 * 1024 * 1024 };

struct source;

/* `length` bytes of the file open at `fd` from `start` on, or fewer where it ends. The descriptor stays the caller's,
 * and its own position is not used. */
struct source *source_open(int fd, uint64_t start, uint64_t length, bool expand);
/* The same from memory, borrowed. */
struct source *source_open_memory(const void *bytes, size_t length);
void source_close(struct source *source);

/* Makes at least `length` (at most SOURCE_MOST) of the next bytes available, fewer only before the end, and returns how
 * many are. */
size_t source_need(struct source *source, size_t length);
/* The bytes that source_need has made available; until the next call of it. */
const unsigned char *source_bytes(const struct source *source);
/* Goes on by `length` bytes, which are available. */
void source_skip(struct source *source, size_t length);

/* The next line with its '\n', without going on: 0 at the end. SOURCE_MOST when it is longer than that, which counts as
 * a problem. */
size_t source_line(struct source *source, const char **ret_line);

/* How many bytes were gone on by. */
uint64_t source_offset(const struct source *source);
/* From here on the source ends after `length` bytes, until it is called again: UINT64_MAX takes the end away. */
void source_end_after(struct source *source, uint64_t length);
/* The reader cannot follow what the bytes say: `problem`, a literal, is why. */
void source_give_up(struct source *source, const char *problem);
/* Why the bytes end before they should ("is damaged", "cannot be read"), or what source_give_up says,
 * else NULL. */
const char *source_problem(const struct source *source);
