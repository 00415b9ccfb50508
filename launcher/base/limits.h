/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits: what a group of processes may use, as six numbers, and how people write them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum limit {
    LIMIT_PIDS,       /* processes and threads */
    LIMIT_MEMORY,     /* bytes */
    LIMIT_CPUS,       /* number of logical CPUs */
    LIMIT_TIME,       /* nanoseconds, by the clock on the wall */
    LIMIT_FILE_SIZE,  /* bytes of one file that is written */
    LIMIT_OPEN_FILES, /* descriptors of one process */
    LIMITS,
};

struct limits {
    uint64_t value[LIMITS]; /* 0: no limit */
};

/* "pids", "memory", "cpus", "time", "file-size", "open-files"; and back (false for anything else). */
const char *limit_name(enum limit limit);
bool limit_from_name(const char *name, enum limit *ret_limit);

/* A whole number; of bytes with K, M, G, T (KiB, ... is the same) for powers of 1024, as batch systems count memory,
 * or kB, MB, GB, TB for powers of 1000; of seconds with s, m, h, d, and fractions; "none" is 0. NULL, or what would be
 * right, "a number from 1 to ...": *ret_value is then untouched. */
const char *limit_parse(enum limit limit, const char *text, uint64_t *ret_value);
/* True when `value` is one that limit_parse() could have given for a text but "none". */
bool limit_is_possible(enum limit limit, uint64_t value);

/* "10 processes", "512 MiB", "2 CPUs", "1.5 s", "64 open files"; caller frees. */
char *limit_text(enum limit limit, uint64_t value);

bool limits_any(const struct limits *limits);
