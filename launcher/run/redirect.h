/* SPDX-License-Identifier: BSD-2-Clause
 *
 * redirect: standard input, output and error of this process put where those of a recorded run were, and back.
 */
#pragma once

#include "base/err.h"
#include "run/manifest.h"
#include "run/placing.h"

struct redirect {
    int saved[STREAMS]; /* -1: not redirected */
};

/* Output that went to a terminal or a pipe goes to standard error: standard output belongs to the verdict. What cannot
 * be repeated as input (a pipe, a terminal) is empty. Call redirect_end() after success and failure. */
int redirect_begin(struct redirect *redirect, const struct manifest *manifest, const struct placing *placing,
                   struct err *err);
void redirect_end(struct redirect *redirect);
