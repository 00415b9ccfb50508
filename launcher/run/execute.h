/* SPDX-License-Identifier: BSD-2-Clause
 *
 * execute: carries out a setup once and finds out what came of it: the middle of run and rerun alike.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "run/facts.h"
#include "run/join.h"
#include "run/manifest.h"

#define EXECUTION_KEEP_LIMIT ((uint64_t)1 << 30) /* what a shared disk forgives */

struct execution {
    struct facts *facts;
    const char *rootfs;
    struct verify *verify; /* of the tree that the rootfs is of; NULL: nothing is checked */
    const char *project;   /* host path of .sciwrap, where contents are kept; NULL: nowhere */
    uint64_t keep_limit;   /* bytes of one content */
    struct strlist notes;  /* lines for people, to be told after the end; they must not get into a redirected stderr */
    struct join_group *group; /* the commands are these, not that of the setup; NULL: they are not */
    bool observe;             /* look at the work directory before and after; without it the manifest has no outputs */
};

/* `manifest` comes with setup, streams and inputs, and gets outputs, exit and circumstances. 0 when the command was
 * started, whatever came of it. -1 when it was not; *ret_launched tells whether it was tried: then manifest->exit says
 * why it failed, and the record is whole (an absent command is a result too; so is a spoiled environment, ERR_MISMATCH,
 * in which nothing was started). What was found spoiled while the command ran is for the caller to ask of `verify`.
 * launch_finish() of manifest->circumstances.launch is the caller's, once the record is written. */
int execute(struct execution *execution, struct manifest *manifest, bool *ret_launched, struct err *err);
