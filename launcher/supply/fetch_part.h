/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_part: a file of the store while it arrives: tmp/HEX.RANDOM.part, hashed as it grows, kept when the transfer
 * breaks off and taken up again by a later one. Beside it tmp/HEX.RANDOM.from says which address it came from and how
 * that server names the version (ETag or Last-Modified), so that two versions are never mixed.
 *
 * No two processes ever write to one inode, whatever the locks of the file system are worth: each has a file of its
 * own, and takes up what another left by copying it, which costs as much as hashing it. With one file for all, a
 * process that begins again would cut off what another has hashed already, or has published.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct part {
    int store_fd; /* borrowed */
    int dir_fd;   /* tmp/ */
    char *name;
    char *from_name;
    int fd;        /* -1 when not open; locked while we live, so that others know what may be removed */
    char *url;     /* where the bytes are from; NULL: not known, or not to be resumed */
    char *version; /* of them */
    uint64_t have;
    bool published;
    struct digest_state state; /* of the `have` bytes */
    struct digest sha256;
    bool unpinned; /* set by the caller: whatever arrives is right, and sha256 becomes its own when it is committed */
};

/* An empty file of our own for the bytes with this digest. */
int part_open(struct part *part, int store_fd, const struct digest *sha256, struct err *err);
/* Into a part that is empty: what an earlier process left of these bytes, the most of it: all of them (`size`, if it is
 * not 0), or a part that came from `url` and can be resumed. At most `most` bytes. What was left and nobody has open is
 * removed. Nothing there is no error. */
int part_resume(struct part *part, const char *url, uint64_t size, uint64_t most, struct err *err);
/* Throws away what is there. */
int part_restart(struct part *part, struct err *err);
int part_add(struct part *part, const void *bytes, size_t length, struct err *err);
/* The version name that came with the bytes from `url`; NULL when they came from elsewhere. Borrowed. */
const char *part_version(const struct part *part, const char *url);
/* Remembers it (NULL: there is none); what cannot be written only costs a later resume. */
void part_set_version(struct part *part, const char *url, const char *version);
/* Copies the file at `path` over the part. `most` bytes at the most. ERR_NOT_FOUND, ERR_MISMATCH or ERR_SYSTEM. */
int part_copy(struct part *part, const char *path, uint64_t most, struct err *err);
/* Checks size (when not 0) and digest, syncs, publishes as a blob. ERR_MISMATCH: other bytes than pinned; the part is
 * empty then. */
int part_commit(struct part *part, uint64_t size, struct err *err);
void part_close(struct part *part);
