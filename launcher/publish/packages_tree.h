/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packages_tree: the files of a tree that publish/packages reads: found inside it, whatever its links say.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/strlist.h"

#define PACKAGES_STATUS        "/var/lib/dpkg/status"
#define PACKAGES_STATUS_FOLDER "/var/lib/dpkg/status.d"
#define PACKAGES_INFO          "/var/lib/dpkg/info"
#define PACKAGES_DIVERSIONS    "/var/lib/dpkg/diversions"

/* Opens `path` (absolute inside) for reading, with further open flags; -1 when it is not there. */
int packages_tree_open(int root_fd, const char *path, int flags);
/* Appends the content; nothing when there is no such file. An error when it is larger than any such file is. */
int packages_tree_read(int root_fd, const char *path, struct buf *text, struct err *err);
bool packages_tree_ends(const char *text, const char *end);
