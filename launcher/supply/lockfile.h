/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lockfile: recipes/NAME.lock: each package file that a recipe resolved to, pinned. Generated text; holds pool paths
 * and no host, because any mirror that has the bytes will do.
 *
 *     [lock]
 *     format   = 1
 *     wants    = sha256 of what the recipe asked for (recipe_wants)
 *     suite, architecture
 *     snapshot = 20240901T083152Z     ; snapshot.debian.org has all files at this time; no file is younger in the tar
 *     [package]
 *     name, version, archive (debian or debian-security), path (in the archive), size, sha256
 *
 * Packages are sorted by name; each stands once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

struct locked_package {
    char *name;
    char *version;
    char *archive;
    char *path; /* clean; below pool/ */
    uint64_t size;
    struct digest sha256;
};

struct lockfile {
    struct digest wants;
    char *suite;
    char *architecture;
    char *snapshot; /* YYYYMMDDTHHMMSSZ */
    struct locked_package *package;
    size_t count;
};

int lockfile_parse(struct lockfile *lock, const char *name, const char *bytes, size_t length, struct err *err);
/* ERR_NOT_FOUND says how to make one. */
int lockfile_load(struct lockfile *lock, const char *path, struct err *err);
/* Sorts the packages and appends the text. */
void lockfile_format(struct lockfile *lock, struct buf *text);
/* A zeroed package at the end; borrowed until the next call. */
struct locked_package *lockfile_add(struct lockfile *lock);
void lockfile_release(struct lockfile *lock);

/* Seconds since 1970 of a snapshot time; false when it is not one (years 1970 to 2999). */
bool lockfile_time(const char *snapshot, int64_t *ret_seconds);
