/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_entry: the rules for one entry of an archive: which names and changes are refused, what is taken off, what is
 * made of it. Turns entries into operations for the writer. docs/SECURITY.md has the table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "env/store.h"
#include "supply/unpack.h"
#include "supply/unpack_layers.h"
#include "supply/unpack_listing.h"
#include "supply/unpack_queue.h"

enum entry_type {
    ENTRY_FILE = 'f',
    ENTRY_DIRECTORY = 'd',
    ENTRY_SYMLINK = 'l',
    ENTRY_HARDLINK = 'h',
    ENTRY_DEVICE = 'c',
    ENTRY_FIFO = 'p',
};

/* An entry as the archive describes it. */
struct entry {
    const char *name;
    const char *link; /* target of a link */
    enum entry_type type;
    unsigned mode; /* with set-id and sticky bits */
    int64_t mtime;
    uint64_t size;
    bool attributes; /* has extended attributes, ACLs or flags */
};

struct placer {
    const struct unpack_limits *limits;
    struct queue *queue;
    struct listing listing;
    struct layers *layers;    /* an image is unpacked, of which this knows the lower layers; NULL: a single archive */
    struct listing left_out;  /* the paths of devices and FIFOs of this archive; empty until there is one */
    struct store_tree counts; /* its changes */
    uint64_t entries;         /* placed so far, with those that come to nothing */
    uint64_t bytes;           /* sum of the files' sizes */
    struct buf path, link;    /* the names of the current entry, cleaned */
    bool reader_hashes;       /* files come with their digest; else the writer makes it */
};

/* Decides about the entry and puts the operations for it in the queue; for a file the OP_FILE, after which the caller
 * puts its data and an OP_CLOSE for *ret_record, which is LISTING_NONE when there is no file to write. 0, or -1:
 * refused (*err says why, without number and name), or the queue is broken (*err untouched). */
int entry_place(struct placer *placer, const struct entry *entry, size_t *ret_record, struct err *err);
/* Before the first entry of an archive. */
void placer_begin_archive(struct placer *placer);
/* After the last entry: sets the times of all directories. */
int entry_place_times(struct placer *placer);
void placer_release(struct placer *placer);
