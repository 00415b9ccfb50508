/* SPDX-License-Identifier: BSD-2-Clause
 *
 * spool: one file that holds the contents of all files of a build, written by several threads. Where a content lies in
 * it differs from build to build and shows nowhere.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct spool {
    int fd;
    atomic_ullong used;
};

/* Makes the file `name` in dirfd and unlinks it: it is gone when it is closed, whatever happens. */
int spool_open(struct spool *spool, int dirfd, const char *name, struct err *err);
/* A range of `size` bytes for one writer. */
uint64_t spool_reserve(struct spool *spool, uint64_t size);
int spool_write(const struct spool *spool, uint64_t offset, const void *bytes, size_t length, struct err *err);
int spool_read(const struct spool *spool, uint64_t offset, void *bytes, size_t length, struct err *err);
void spool_close(struct spool *spool);
