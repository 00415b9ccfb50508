/* SPDX-License-Identifier: BSD-2-Clause
 *
 * drain: passes on what a command writes into a pipe of ours, and hashes it on the way.
 *
 * Into a pipe it goes by tee(2): the pages are shared, not copied, and stay what single writes have made them, so that
 * lines of several writers into one pipe do not get mixed any more than without us. When the reader goes away, our end
 * is closed too, and the command gets SIGPIPE as it would have.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/tally.h"

struct drain {
    int from;          /* our end of the command's pipe; closed and -1 once everything has been passed on */
    int to;            /* borrowed: a pipe, or a regular file */
    uint64_t most;     /* bytes that are passed on and hashed */
    bool closes;       /* and then the pipe is closed; else the rest is read and dropped */
    bool waits;        /* `to` is full */
    bool copies;       /* `to` is no pipe */
    bool cut;          /* the reader went away, or `most` was reached */
    struct err failed; /* writing to a file failed */
    struct tally tally;
};

enum { DRAIN_BUFFER = 256 * 1024 };

void drain_begin(struct drain *drain, int from, int to);
/* Until all of them have ended, or `stop` can be read and nothing is left to pass on. `buffer` has DRAIN_BUFFER bytes.
 * SIGPIPE must be blocked. */
void drain_run(struct drain drains[], size_t count, int stop, char *buffer);
