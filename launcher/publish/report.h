/* SPDX-License-Identifier: BSD-2-Clause
 *
 * report: a run, or all runs of a project, as one page of HTML that stands for itself: the supplement of a paper.
 *
 * It fetches nothing, runs nothing (a Content-Security-Policy says so) and holds no date but those of the record: the
 * same records give the same bytes. Long lists are shown up to a number of bytes, and what is left out is counted; the
 * page of a run stays under 500 kB whatever the run did.
 */
#pragma once

#include "publish/cite.h"
#include "run/catalog.h"

struct report_subject {
    const struct cite *cite;
    const struct catalog *catalog; /* of the project that the run belongs to; empty when it belongs to none */
    const char *bundle;            /* as the caller named it, when the record came out of one; else NULL */
    const char *file;              /* the same of a manifest; else NULL */
};

/* Caller frees both. */
char *report_run(const struct report_subject *subject);
char *report_project(const struct catalog *catalog, const char *name);
