/* SPDX-License-Identifier: BSD-2-Clause
 *
 * normal: what in a file is known to be no result, for comparing without it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "run/tolerance.h"
#include "run/verdict.h"

/* Reasons why files that differ count as equal; bits. */
enum {
    NORMAL_GZIP_HEADER = 1 << 0,
    NORMAL_COMPRESSION = 1 << 1, /* the same content, compressed in another way */
    NORMAL_PROGRAM_LINES = 1 << 2,
    NORMAL_DATES = 1 << 3,
    NORMAL_WORK_PATHS = 1 << 4,
    NORMAL_PATTERNS = 1 << 5,
};

/* "the gzip header, @PG lines": appended to *ret_text. */
void normal_reasons(unsigned reasons, struct buf *ret_text);

/* Kinds of text in which certain lines are no result. */
enum normal_text {
    NORMAL_PLAIN,
    NORMAL_SAM,        /* SAM v1, 1.3: @PG lines hold command lines and paths */
    NORMAL_VCF,        /* VCFv4, 1.4: ##fileDate; bcftools adds "; Date=" to the command lines of the header */
    NORMAL_POSTSCRIPT, /* Document structuring conventions: %%CreationDate */
};

/* By the first bytes of a file. */
enum normal_text normal_text_of(const void *head, size_t length);

/* One side's lines are masked by its own paths. */
struct normal_side {
    enum normal_text text;
    const struct verdict_rules *rules;
    bool is_now;
};

/* Appends the line as it is compared, without its '\n'; *reasons grows by what was masked. False when the whole line is
 * left out. */
bool normal_line(const struct normal_side *side, const struct line *line, struct buf *ret_line, unsigned *reasons);
