/* SPDX-License-Identifier: BSD-2-Clause
 *
 * checked: a file that says which inodes of a tree were found to be what the tree index says, and in what state of the
 * inode that was. While inode number, change time and size are the same, the content is the same: every change of it
 * sets the change time to the kernel's clock, and no call sets it to anything else (inode(7)).
 *
 * trees/HEX/checked is the unpacker's, who hashed every byte as it wrote; verified/HEX in the user's store (HEX is that
 * of the tree) has what later runs had to read. Both are only savings: without one, contents are read. Who can write in
 * a store can write this file as well; it is as trustworthy as the store's meta files.
 *
 * Layout, in the byte order of the machine (of another one the magic is not recognised): struct header (checked.c),
 * then records of 40 bytes sorted by inode number, then by line. It is mapped and bisected in place. A number in it is
 * compared, never used as a place, so that no content of this file can lead anywhere. It must not be cut short while it
 * is mapped (SIGBUS); sciwrap replaces it by renaming.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/digest.h"

struct checked_stamp {
    uint64_t inode;
    int64_t changed_s; /* st_ctim */
    uint64_t changed_ns;
    uint64_t size;
};

struct checked_record {
    struct checked_stamp stamp;
    /* Of the index line that it was compared with, from the start of the index. A directory that is moved keeps the
     * change times of all that is below it: only the line says that the path is still the same. */
    uint64_t line;
};

struct checked {
    const struct checked_record *record; /* sorted; NULL when there are none */
    size_t count;
    struct checked_stamp index; /* the tree index itself, when its digest was the tree's */
    void *map;                  /* NULL when there is no such file */
    size_t map_bytes;
};

struct checked_stamp checked_stamp_of(const struct stat *st);
bool checked_stamp_equal(const struct checked_stamp *a, const struct checked_stamp *b);
/* Whether a change at `now` would get another change time than the one in `stamp`: clocks of file systems have steps
 * (the kernel's tick of at most 10 ms; a second where no nanoseconds are kept), and a change in the same step would
 * not show. */
bool checked_stamp_is_settled(const struct checked_stamp *stamp, const struct timespec *now);

/* Maps `name` in `dirfd`; empty when it is absent, damaged, or not of the tree whose index has this digest. */
void checked_open(struct checked *checked, int dirfd, const char *name, const struct digest *tree);
/* Whether the inode was seen in this very state, at this line. */
bool checked_has(const struct checked *checked, const struct checked_stamp *stamp, uint64_t line);
void checked_close(struct checked *checked);

void checked_sort(struct checked_record *record, size_t count);
/* Appends the bytes of a file with these records, which must be sorted. */
void checked_format(struct buf *buf, const struct digest *tree, const struct checked_stamp *index,
                    const struct checked_record *record, size_t count);
