/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fetch_part: a file of the store while it arrives: tmp/HEX.part, hashed as it grows, kept when the transfer breaks off
 * and taken up again by the next one. Beside it tmp/HEX.from says which address it came from and how that server names
 * the version (ETag or Last-Modified), so that two versions are never mixed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "supply/stage.h"

struct part {
    int store_fd; /* borrowed */
    int dir_fd;   /* folder of the file: tmp/, or a stage of our own while another process has the file in tmp/ */
    struct stage stage;
    char *name;
    char *from_name;
    int fd; /* -1 when not open; locked */
    uint64_t have;
    struct digest_state state; /* of the `have` bytes */
    struct digest sha256;
};

/* Opens what is there of the bytes with this digest and hashes it. */
int part_open(struct part *part, int store_fd, const struct digest *sha256, struct err *err);
/* Throws away what is there. */
int part_restart(struct part *part, struct err *err);
int part_add(struct part *part, const void *bytes, size_t length, struct err *err);
/* Takes one header line of an answer: *version (owned, may be NULL) becomes how the server names what it sends: a
 * strong ETag, else the date (RFC 9110, 13.1.5). */
void part_read_header(const char *line, size_t length, char **version);
/* The version name that came with the bytes from `url`; NULL when they came from elsewhere. Caller frees. */
char *part_version(const struct part *part, const char *url);
/* Remembers it; what cannot be written only costs a later resume. */
void part_set_version(const struct part *part, const char *url, const char *version);
/* Copies the file at `path` over the part. `most` bytes at the most. ERR_NOT_FOUND, ERR_MISMATCH or ERR_SYSTEM. */
int part_copy(struct part *part, const char *path, uint64_t most, struct err *err);
/* Checks size (when not 0) and digest, syncs, publishes as a blob. ERR_MISMATCH: other bytes than pinned. */
int part_commit(struct part *part, uint64_t size, struct err *err);
void part_close(struct part *part);
