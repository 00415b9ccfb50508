/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_database: dpkg's record of what is installed, as far as it can be read: for dpkg-query, for scanners for known
 * flaws, and for sciwrap cite.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "supply/build_read.h"

#define DATABASE_STATUS "var/lib/dpkg/status"

/* The text of DATABASE_STATUS for the first `count` packages. */
int build_database_status(const struct build_package *packages, size_t count, struct buf *status, struct err *err);
/* The text of var/lib/dpkg/info/NAME.list: the paths of the package as far as they were taken. */
void build_database_list(const struct deb_entries *entries, struct buf *list);
/* The path of that file: dpkg's form without a file info/format, which names no architecture. Caller frees. */
char *build_database_list_path(const char *name);
