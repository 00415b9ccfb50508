/* SPDX-License-Identifier: BSD-2-Clause
 *
 * progress: one live line with rate and time left when standard error is a terminal; elsewhere one line at the start
 * and one at the end. Nothing at all when the log level is quiet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
    char *what; /* "pull samtools-1.11" */
    uint64_t done;
    uint64_t total; /* 0: not known */
    int64_t started_ns;
    int64_t shown_ns;
    bool live; /* standard error is a terminal */
    bool open; /* between begin and end */
};

/* `total` in bytes. */
void progress_begin(struct progress *progress, const char *what, uint64_t total);
/* Cheap: draws at most ten times a second. */
void progress_add(struct progress *progress, uint64_t bytes);
/* The same with the whole count so far, for what is counted elsewhere; may go back when an attempt starts again. */
void progress_set(struct progress *progress, uint64_t done);
/* Ends the live line and says "WHAT: OUTCOME". */
void progress_end(struct progress *progress, const char *outcome);
/* Ends the live line without a word: the error that follows says it all. A no-op unless begun. */
void progress_release(struct progress *progress);
