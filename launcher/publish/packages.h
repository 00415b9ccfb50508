/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packages: the Debian packages that a tree says are installed in it, and which of them owns a file.
 *
 *     var/lib/dpkg/status                the packages (dpkg(1), deb-control(5))
 *     var/lib/dpkg/info/NAME.list        the files of each; NAME:ARCH.list where several architectures can be installed
 *     var/lib/dpkg/info/NAME.md5sums     where there is no list
 *     var/lib/dpkg/status.d/NAME         images without dpkg ("distroless") have one file a package,
 *     var/lib/dpkg/status.d/NAME.md5sums and these
 *     var/lib/dpkg/diversions            files that one package moved away from another's (dpkg-divert(1))
 *
 * All is read inside the tree: no link of it leads to the host. What is not a package's record is passed over.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/strmap.h"

struct package {
    char *name;
    char *version;
    char *architecture; /* "" when it is not said */
};

struct packages {
    struct package *item;
    size_t count;
    size_t capacity;
    struct strmap by_name; /* to struct package; also "NAME:ARCH" */
};

/* The packages of the tree that is open at `root_fd`; none when it has no such record. */
int packages_load(struct packages *packages, int root_fd, struct err *err);
void packages_release(struct packages *packages);
/* By name; NULL when it is not installed. */
const struct package *packages_find(const struct packages *packages, const char *name);

/* A file, and the package that owns it. */
struct package_file {
    const char *path;            /* absolute inside; links on the way and at its end are followed */
    const struct package *owner; /* NULL: none, or the tree does not say */
};

/* Finds the owners of `count` files: reads every list once. A directory of the tree that is a link (bin -> usr/bin)
 * makes two names of one file; packages may know either. */
int packages_find_owners(const struct packages *packages, int root_fd, struct package_file *files, size_t count,
                         struct err *err);
