/* SPDX-License-Identifier: BSD-2-Clause
 *
 * confined: work on foreign bytes in a process of its own that is shut into one folder (supply/jail.h), where the host
 * allows it; else in a process of its own. The caller has one thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "supply/progress.h"

enum { CONFINED_RESULT = 2048 }; /* with an err it goes through a pipe in one write (PIPE_BUF) */

struct confined {
    const char *what;    /* "unpacks": the process that ..., for messages */
    int folder_fd;       /* the root of the process; all that it can write to */
    uint64_t file_bytes; /* no file grows larger */
    /* The work itself. `folder_fd` is the folder as seen from within; descriptors that the caller has open are open.
     * `done` is shown as progress. A plain value of result_bytes is filled at `result`. */
    int (*work)(void *user, int folder_fd, _Atomic uint64_t *done, void *result, struct err *err);
    void *user;
    size_t result_bytes; /* at most CONFINED_RESULT */
};

/* *ret_result is filled on success. `progress` is borrowed and neither begun nor ended here. */
int confined_run(const struct confined *confined, struct progress *progress, void *ret_result, struct err *err);
