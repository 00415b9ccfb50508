/* SPDX-License-Identifier: BSD-2-Clause
 *
 * deb: what a Debian package file (deb(5)) or a tar archive holds, as entries for a tree: names in memory, contents in
 * the spool. Together with supply/unpack*.c and supply/tarball.c the only files that include libarchive.
 *
 * Nothing runs: maintainer scripts are not even read. Owners, extended attributes and set-id bits are dropped; a
 * device or a FIFO is refused, as is any answer of libarchive but ARCHIVE_OK and ARCHIVE_EOF.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "supply/spool.h"
#include "supply/tree.h"

/* What to take, and as what. */
struct deb_choice {
    const char *from;              /* "samtools 1.11-1": becomes the origin of each entry */
    const struct strlist *exclude; /* glob patterns; '*' matches '/' too */
    const struct strlist *include; /* kept although excluded */
    int64_t time;                  /* nothing is younger */
    uint64_t strip;                /* leading components to drop */
    const char *prefix;            /* put beneath this: "" or a clean path */
    uint64_t entries;              /* at most; 0: as many as there are */
};

struct deb_entries {
    struct tree_entry *entry; /* path and target are owned */
    size_t count;
    size_t capacity;
};

/* Reads a package from fd. Its control file is appended to *control. */
int deb_read(int fd, const struct deb_choice *choice, struct spool *spool, struct deb_entries *ret_entries,
             struct buf *control, struct err *err);
/* Reads a tar archive (plain, gzip, bzip2, xz, zstd) from fd. */
int deb_read_tar(int fd, const struct deb_choice *choice, struct spool *spool, struct deb_entries *ret_entries,
                 struct err *err);
void deb_entries_release(struct deb_entries *entries);
