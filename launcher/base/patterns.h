/* SPDX-License-Identifier: BSD-2-Clause
 *
 * patterns: POSIX extended regular expressions (regex(7)) for what a comparison of text passes over.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

struct patterns {
    struct pattern *item;
    size_t count;
    struct strlist texts; /* as they were given */
};

/* ERR_USAGE when it is no regular expression, or one that matches the empty text: it would match everywhere. */
int patterns_add(struct patterns *patterns, const char *text, struct err *err);
void patterns_release(struct patterns *patterns);

/* Appends the line with every match replaced by `mark`, and returns how many there were. A match of the whole line
 * gives an empty text. */
size_t patterns_mask(const struct patterns *patterns, const char *line, size_t length, const char *mark,
                     struct buf *ret_line);
