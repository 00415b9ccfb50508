/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_file: the file that `sciwrap store export` writes and `sciwrap store import` reads: one environment, a tar of
 *
 *     sciwrap-environment      what is in it, in order
 *     definition.ini           as its author wrote it
 *     blobs/sha256/HEX         the artifact that it pins, and what belongs to that
 *
 * with headers of supply/tar_header.h, mode 0644, no time: always the same bytes for the same environment. The first
 * member is text:
 *
 *     sciwrap-environment 1
 *     name NAME
 *     definition HEX SIZE
 *     blob HEX SIZE            at least one; the first is what the definition pins
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

#define STORE_FILE_LIST       "sciwrap-environment"
#define STORE_FILE_DEFINITION "definition.ini"

enum {
    STORE_FILE_LIST_MOST = 256 * 1024,
    STORE_FILE_DEFINITION_MOST = 1024 * 1024,
    STORE_FILE_BLOBS_MOST = 1024,
};

struct store_file_member {
    struct digest digest;
    uint64_t size;
};

struct store_file {
    char *name; /* of the environment */
    struct store_file_member definition;
    struct store_file_member *blob;
    size_t count;
};

void store_file_add(struct store_file *file, const struct digest *digest, uint64_t size);
void store_file_format(const struct store_file *file, struct buf *text);
/* ERR_INVALID for anything but what store_file_format makes. */
int store_file_parse(struct store_file *ret_file, const char *text, size_t length, struct err *err);
void store_file_release(struct store_file *file);

/* The header of the member `path`. */
int store_file_header(const char *path, uint64_t size, struct buf *blocks, struct err *err);
