/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack: an archive into an open directory, trusting nothing in it, and its tree index. Together with supply/deb.c and
 * supply/tarball.c the only files that include libarchive.
 *
 * libarchive reads (tar only; plain, gzip, bzip2, xz, zstd); every entry is created by us relative to a directory
 * descriptor. docs/SECURITY.md has the outcome for every kind of entry. The whole archive is refused (ERR_INVALID, with
 * the number and the escaped name of the entry) for anything but ARCHIVE_OK and ARCHIVE_EOF.
 *
 * The work is done in a forked process that is shut into the directory (supply/jail.h) where the host allows it.
 *
 *   unpack_limits    how much it may hold
 *   unpack_work      what that process does, and its threads
 *   unpack_input     reads and hashes the archive file
 *   unpack_read      decompresses and reads tar (libarchive)
 *   unpack_scan      walks the tar headers beside libarchive; unpack_pax reads extended ones, unpack_sparse the maps of
 *                    sparse files, unpack_number the numbers
 *   unpack_entry     the rules for one entry; unpack_layers those about what lower layers of an image have
 *   unpack_listing   what the archive has put into the tree so far; the index
 *   unpack_queue     from reading to writing
 *   unpack_write     creates entries and hashes their content
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"
#include "base/progress.h"
#include "supply/unpack_limits.h"

/* A range of an open regular file, and what it must be. */
struct unpack_archive {
    int fd;
    uint64_t from;         /* where it begins in the file */
    uint64_t size;         /* 0: all that is there */
    struct digest sha256;  /* of its bytes */
    bool has_plain_sha256; /* of the tar in it: known, too */
    struct digest plain_sha256;
};

/* Whether a file begins like an HTML page: what a server sends, or a browser saved, when the file was not there. */
bool unpack_is_html(int fd);
bool unpack_text_is_html(const char *text);

/* Reads the archive from archive_fd (a regular file, from its start), checks that all its bytes hash to `sha256` and,
 * when size is not 0, count `size`, and writes its entries to the directory stage_fd/rootfs and the index to
 * stage_fd/index. Both are made here. Nothing may be used before this has returned 0: the digest is known only at the
 * end. Fills tree, entries, bytes, artifact and the counters of *ret_tree. `progress` counts bytes of the archive. The
 * caller has one thread. */
int unpack(int archive_fd, const struct digest *sha256, uint64_t size, int stage_fd, const struct unpack_limits *limits,
           struct progress *progress, struct store_tree *ret_tree, struct err *err);
/* The same for the layers of an image, the lowest first, each gzip, zstd or plain: one tree of all of them, with what
 * a layer removes gone (supply/unpack_layers.h). ret_tree->artifact becomes `image`. Messages say which layer. */
int unpack_image(const struct unpack_archive *layer, size_t count, const struct digest *image, int stage_fd,
                 const struct unpack_limits *limits, struct progress *progress, struct store_tree *ret_tree,
                 struct err *err);
