/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_listing: what an archive has put into the tree so far, by path. Every rule about duplicates, parents and link
 * targets is decided here, before the disk is touched; the flags of the system calls say it a second time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/store.h"

struct listing_record {
    const char *path;   /* clean, relative; "" is the root. Owned by the tree, as is target. */
    const char *target; /* of a symbolic link */
    uint64_t size;
    int64_t mtime;
    size_t same_as; /* for another name of a file: the record of the first one; else its own number */
    uint32_t hash;
    unsigned mode;
    char type; /* 'f', 'd', 'l'; NUL once it was forgotten */
};

struct listing_chunk;

struct listing {
    struct listing_record *record;
    size_t count;     /* records, forgotten ones too: their numbers stay theirs */
    size_t forgotten; /* how many of them */
    size_t capacity;
    size_t *slot; /* hash table of record numbers plus one, open addressing */
    size_t slots;
    uint32_t seed;               /* of the hash: names that are made to collide cannot know it */
    struct listing_chunk *chunk; /* memory of the texts */
};

#define LISTING_NONE ((size_t)-1)

void listing_init(struct listing *listing); /* with the root as record 0 */
/* The record of the first `length` bytes of `path`, or LISTING_NONE. */
size_t listing_find(const struct listing *listing, const char *path, size_t length);
/* Adds a path that is not there; the number of its record. `target` may be NULL. */
size_t listing_add(struct listing *listing, const char *path, size_t length, char type, const char *target);
/* The record is no entry of the tree any more. Its path can be added again, as another record; as the content of files
 * that are the `same_as` this one it stays. */
void listing_forget(struct listing *listing, size_t number);
/* Writes the index (env/index.h) to `fd`; `digest` has one element per record, used for files. Sets the digest of the
 * index, the number of entries and the sum of their sizes in *tree. ret_line[record] is where its line begins. */
int listing_write_index(const struct listing *listing, const struct digest *digest, int fd, struct store_tree *tree,
                        uint64_t *ret_line, struct err *err);
void listing_release(struct listing *listing);
