/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle: a run with all that a rerun needs, as one file: what belongs into it, and where it is. sciwrap-env writes the
 * file from this (supply/bundle_write.h). Format: docs/man/sciwrap-bundle.5.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "run/project.h"

struct bundle_request {
    const char *manifest;          /* host path; goes into the bundle as it is, byte for byte */
    const char *definition;        /* host path of one that says where the artifact is; NULL: as the run says */
    const struct strlist *folders; /* host folders to look for contents in too, by the path in the manifest or name */
    const struct strlist *objects; /* folders of objects (run/content.h) */
    bool outputs;
    bool no_artifact;
};

struct bundle {
    char id[RUN_ID_LENGTH + 1];
    char *environment;    /* its name */
    struct buf plan;      /* as supply/bundle_plan.h reads it */
    struct strlist notes; /* lines for people */
    struct strlist lacks; /* what is missing, a line each, when it is too much for the error */
    size_t leaks;
};

/* Finds every content by its digest, so that one that has changed since is missing. ERR_NOT_FOUND tells all that are
 * missing; ERR_INVALID for a run whose record is spoiled. */
int bundle_gather(const struct bundle_request *request, struct bundle *ret_bundle, struct err *err);
void bundle_release(struct bundle *bundle);
