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

/* What came through a pipe comes from where it is kept; what cannot be repeated as input (a terminal) is empty. Output
 * that went into a pipe goes to a file of that name in the folder of the rerun. Output that went to a terminal goes to
 * standard error: standard output belongs to the verdict. Call redirect_end() after success and failure. */
int redirect_begin(struct redirect *redirect, const struct manifest *manifest, const struct placing *placing,
                   struct err *err);
/* After streams_look(): what was a pipe to the command is to be one again. */
void redirect_streams(struct stream now[STREAMS], const struct manifest *then);
void redirect_end(struct redirect *redirect);
