/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest_cache: digests of large files, remembered from run to run, so that the second look at one region of a genome
 * of 100 GB does not read all of it again.
 *
 * A digest is believed as long as device, inode, size, modification and change time of the file are those of when it
 * was read; a program cannot set the change time. A file that was changed within the last two seconds before it was
 * read is not remembered: file systems date by ticks of some milliseconds, NFS by whole seconds, so a later change
 * could carry the same date (git calls such entries racy).
 *
 * One file for the user, $XDG_CACHE_HOME/sciwrap/digests or ~/.cache/sciwrap/digests, of records of one length with a
 * checksum each, added by O_APPEND: what two writers or a power cut have mixed up is passed over. It can be removed at
 * any time. Functions may be called from several threads at once but begin and end.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/strmap.h"

/* Smaller files are read faster than looked up. */
enum { DIGEST_CACHE_LEAST = 1 << 20 };

struct digest_cache_record;

struct digest_cache {
    pthread_mutex_t lock;
    bool loaded; /* at the first question */
    char *path;  /* NULL: nowhere to remember */
    struct digest_cache_record *record;
    struct strmap by_inode;
    uint64_t reused; /* questions that were answered */
};

void digest_cache_begin(struct digest_cache *cache);
/* `st` is of the open file. */
bool digest_cache_find(struct digest_cache *cache, const struct stat *st, struct digest *ret_digest);
/* `st` is from before the file was read, and still holds; `read_at_ns` is when reading began (CLOCK_REALTIME). */
void digest_cache_add(struct digest_cache *cache, const struct stat *st, int64_t read_at_ns,
                      const struct digest *digest);
void digest_cache_end(struct digest_cache *cache);
