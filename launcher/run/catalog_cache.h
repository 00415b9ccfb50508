/* SPDX-License-Identifier: BSD-2-Clause
 *
 * catalog_cache: the file `.sciwrap/catalog` of run/catalog, read and written.
 */
#pragma once

#include "run/catalog_entry.h"

struct catalog_cache {
    struct buf bytes;        /* the file; what `run` points into */
    struct catalog_run *run; /* sorted by ID */
    size_t count;
};

/* Reads the cache of the project folder open at `project_fd`. A cache that is not there, of another
 * version, not whole or not sorted is empty. */
void catalog_cache_load(struct catalog_cache *cache, int project_fd);
void catalog_cache_release(struct catalog_cache *cache);
/* Writes these entries, sorted by ID. A folder that cannot be written to keeps what it has. */
void catalog_cache_save(int project_fd, const struct buf *entries);
