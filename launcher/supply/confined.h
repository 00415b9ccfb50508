/* SPDX-License-Identifier: BSD-2-Clause
 *
 * confined: work on foreign bytes in a process of its own that is shut into one folder (supply/jail.h). Where the host
 * allows no namespaces, Landlock and the filter of system calls hold it alone. The caller has one thread.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "supply/jail.h"
#include "base/progress.h"

enum {
    CONFINED_RESULT = 2048, /* with an err it goes through a pipe in one write (PIPE_BUF) */
    CONFINED_INPUTS = 512,
};

/* 2 GiB: xz may ask for 1 GiB of window, and gets a clean refusal from its library beyond. Six hours: what a slow disk
 * needs for the largest image, several times over. */
extern const struct jail_limits confined_default_limits;

struct confined {
    const char *what;    /* "unpacks": the process that ..., for messages */
    int folder_fd;       /* the root of the process; all that it can write to */
    const int *input_fd; /* the foreign bytes, open for reading; at most CONFINED_INPUTS */
    size_t inputs;
    struct jail_limits limits;
    /* The work itself. `folder_fd` is the folder as seen from within. Of the descriptors that the caller has open only
     * those of input_fd are open. `done` is shown as progress. A plain value of result_bytes is filled at `result`.
     * What it may do is in supply/jail_filter.c; it prints nothing. */
    int (*work)(void *user, int folder_fd, _Atomic uint64_t *done, void *result, struct err *err);
    void *user;
    size_t result_bytes; /* at most CONFINED_RESULT */
};

/* *ret_result is filled on success. `progress` is borrowed and neither begun nor ended here. */
int confined_run(const struct confined *confined, struct progress *progress, void *ret_result, struct err *err);
