/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_read: a bundle into an open folder, trusting nothing in it. By a process that is shut into the folder
 * (supply/confined.h).
 *
 * libarchive decompresses and no more. Each member must be the next one of the list, and its header the bytes that
 * tar_header makes for its name and size, so that there is no name, type, mode or extension to interpret; its content
 * must have the digest of the list. Padding and end are zero, nothing follows, and all bytes of the file have the
 * digest of the end mark (supply/bundle_mark.h). The message names the member in which it is not so.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/progress.h"

/* Reads the bundle from fd (a regular file, from its start) and writes to the folder
 *
 *     manifest.json  SHA256SUMS  definition.ini
 *
 * and, with `contents`, artifact/HEX, and inputs and outputs as .sciwrap/objects/HH/HEX: laid out as a project keeps
 * contents (run/objects.h). ERR_SYSTEM before the first content when the disk has no room for them. Nothing may be used
 * before this has returned 0. *ret_list is the digest of the list. */
int bundle_read(int fd, int folder_fd, bool contents, struct progress *progress, struct digest *ret_list,
                struct err *err);

/* The same in the calling process. */
int bundle_read_here(int fd, int folder_fd, bool contents, _Atomic uint64_t *done, struct digest *ret_list,
                     struct err *err);
