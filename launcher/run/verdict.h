/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verdict: whether two files, the output of one run and that of another, tell the same.
 *
 *     identical     byte for byte
 *     normalised    equal once what is known to be no result is left out: the header of gzip, @PG lines of SAM and BAM,
 *                   dates of VCF, PNG, PDF and PostScript, the absolute paths of the work directories, declared
 * patterns tolerated     equal but for numbers in text, which are within the tolerance that was asked for different and
 * where first
 *
 * The files may be of any size: all is streamed, with the exceptions that verdict_pdf.c and source.h name; where such a
 * limit is passed the bytes are compared and `detail` says so. The bytes are foreign: verdict_files_apart() reads them
 * in a process that can do nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "base/patterns.h"
#include "run/tolerance.h"

enum verdict {
    VERDICT_IDENTICAL,
    VERDICT_NORMALISED,
    VERDICT_TOLERATED,
    VERDICT_DIFFERENT,
    /* Of outputs that only one of two runs has: run/compare. */
    VERDICT_MISSING,
    VERDICT_NEW,
    VERDICTS,
};

/* "identical", "normalised", "tolerated", "different", "missing", "new": the words of JSON. */
const char *verdict_name(enum verdict verdict);
bool verdict_from_name(const char *name, enum verdict *ret_verdict);
/* For people: "equal after normalisation", "within tolerance". */
const char *verdict_title(enum verdict verdict);
bool verdict_is_good(enum verdict verdict); /* the first three */

struct verdict_rules {
    struct tolerance tolerance;
    struct patterns ignore;    /* in lines of text; a line that matches whole is left out */
    struct strlist then_paths; /* host paths of one run, absolute and without a '/' at the end, each with */
    struct strlist now_paths;  /* its counterpart of the other at the same place: masked in text when they differ */
};

void verdict_rules_release(struct verdict_rules *rules);

enum { VERDICT_DETAIL = 600, VERDICT_EXCERPT = 320 };

/* Plain data without pointers: it goes through a pipe. The texts are escaped for a terminal. */
struct verdict_result {
    enum verdict verdict;            /* one of the first four */
    unsigned normalised;             /* what was left out: NORMAL_... (normal.h) */
    char detail[VERDICT_DETAIL];     /* one line: what was left out, how far numbers differ, where; "" when identical */
    char then_text[VERDICT_EXCERPT]; /* of text that differs: the two places, else "" */
    char now_text[VERDICT_EXCERPT];
};

/* One side: a file that is open for reading, and which part of it is the output. */
struct verdict_file {
    int fd;
    uint64_t offset;
    uint64_t size;
};

/* `name` is the file's, for what its ending tells. */
void verdict_files(const struct verdict_file *then, const struct verdict_file *now, const char *name,
                   const struct verdict_rules *rules, struct verdict_result *ret_result);
/* The same in a process that is shut off from everything but these two descriptors (sandbox/apart.h). ERR_SYSTEM when
 * that broke off. */
int verdict_files_apart(const struct verdict_file *then, const struct verdict_file *now, const char *name,
                        const struct verdict_rules *rules, struct verdict_result *ret_result, struct err *err);
