/* SPDX-License-Identifier: BSD-2-Clause
 *
 * catalog: what lists of runs need to know of every run of a project, for projects of tens of thousands.
 *
 * Read from the manifests, and from `.sciwrap/catalog`, which is only a cache: it may be missing, old or damaged, and
 * nothing is different but the time it takes. No launch writes it; the commands that read do, under another name and
 * then renamed, when reading without it took long. Whoever comes last wins; no lock is needed, because an entry counts
 * only while its manifest is still the one that it was made from (struct catalog_key): what was removed, replaced or
 * edited is noticed. An entry whose manifest changed within the last seconds is not kept, for then a change to come
 * could have the same time. Where nothing can be written, nothing is.
 *
 *     "sciwrap-catalog 2\n", a number that tells the byte order, the sha256 of the rest; entries, sorted by ID
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "run/catalog_cache.h"
#include "run/catalog_entry.h"
#include "run/project.h"

struct catalog_worker; /* run/catalog.c */

struct catalog {
    struct catalog_run *run; /* whole records, sorted by ID */
    size_t count;
    struct strlist notes;       /* records that are left out, and why: for log_warn */
    struct strlist unrecorded;  /* IDs of runs without a record (run/begun.h) */
    struct catalog_cache cache; /* what `run` points into, as the memory of the workers */
    struct catalog_worker *worker;
    size_t workers;
};

/* Everything of the project's runs; a project without runs gives none. */
int catalog_load(struct catalog *catalog, const struct project *project, struct err *err);
void catalog_release(struct catalog *catalog);
/* The run with this full ID; NULL when there is none. */
const struct catalog_run *catalog_find(const struct catalog *catalog, const char *id);
/* Word `number` of the command; "" behind the last. */
const char *catalog_word(const struct catalog_run *run, size_t number);
/* All of them, a blank between two, as they are: for lists, which escape them; the caller frees it. */
char *catalog_words(const struct catalog_run *run);
