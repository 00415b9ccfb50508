/* SPDX-License-Identifier: BSD-2-Clause
 *
 * progress: how far something is that takes longer than a second, as one line on standard error that is rewritten in
 * place and gone at the end. It is drawn only when standard error is a terminal that can do that (TERM is not dumb) and
 * the log level is not quiet; never wider than the terminal; and not before half a second is over.
 *
 * What is counted where the count is known: progress_begin(), progress_add(), progress_set(). What is counted deep
 * below, by any thread: progress_watch(), and progress_tick() down there, which costs nothing while nobody watches.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum progress_unit { PROGRESS_BYTES, PROGRESS_FILES };

struct progress {
    char *what; /* "pull samtools-1.11" */
    enum progress_unit unit;
    uint64_t done;
    uint64_t total; /* 0: not known */
    int64_t started_ns;
    int64_t shown_ns;
    bool live;  /* standard error is a terminal */
    bool open;  /* between begin and end */
    bool below; /* a line of its own is begun for it: somebody else has written to the terminal, perhaps half a line */
};

/* Whether lines are drawn at all. */
bool progress_is_shown(void);

/* `total` in bytes. Where no line is drawn it is told in a message that this begins. */
void progress_begin(struct progress *progress, const char *what, uint64_t total);
/* Cheap: draws at most ten times a second. */
void progress_add(struct progress *progress, uint64_t bytes);
/* The same with the whole count so far, for what is counted elsewhere; may go back when an attempt starts again. */
void progress_set(struct progress *progress, uint64_t done);
/* Takes the line away and says "WHAT: OUTCOME". */
void progress_end(struct progress *progress, const char *outcome);
/* Takes the line away without a word: the error that follows says it all. A no-op unless begun. */
void progress_release(struct progress *progress);

/* Begins without a message; what progress_tick() counts in this unit is counted. One at a time: within another one, or
 * where no line is drawn, nothing is watched. Ended with progress_release(). */
void progress_watch(struct progress *progress, const char *what, uint64_t total, enum progress_unit unit);
/* `count` more. May be called by any thread, at any time. */
void progress_tick(enum progress_unit unit, uint64_t count);
/* Takes the line off the terminal, for something else that is to be written there; it is drawn again in time. Messages
 * of base/log do it themselves. */
void progress_hide(void);
