/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host: what this kernel and this user are allowed to do, step by step; the words for each missing thing. `sciwrap
 * doctor` prints the steps, a failing launch says the same words (host_explain).
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum host_verdict { HOST_OK, HOST_MISSING, HOST_OPTIONAL_MISSING };

struct host_check {
    const char *name; /* "user namespaces" */
    enum host_verdict verdict;
    char detail[1200]; /* what was found; when missing: the exact setting and fix */
};

enum { HOST_CHECKS_MOST = 24 };

/* Performs each step in a child process of its own; the number of checks made. Changes nothing. `shared_proc`: a /proc
 * that the run shares with the container around it will do (plan.shared_proc). */
int host_check_all(bool shared_proc, struct host_check checks[HOST_CHECKS_MOST]);

/* An ERR_HOST error for a failed step of a launch ("create namespaces", "mount proc", ...): the reason that this host
 * gives and the fix. Returns -1. */
int host_explain(struct err *err, const char *step, int errnum);
