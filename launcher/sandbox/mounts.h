/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mounts: single mount operations, and finding or making the place for one inside the new root.
 *
 * Everything here runs in the first process of the sandbox, which is alone in its mount namespace. Sources: mount(2),
 * mount_setattr(2), Documentation/filesystems/sharedsubtree.rst.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strlist.h"

/* mount(2) with the failure explained; `step` names it ("mount proc"). */
int mount_do(const char *source, const char *target, const char *type, unsigned long flags, const char *data,
             const char *step, struct err *err);

/* Adds nosuid and nodev, and read-only when asked, to the mount at `path` and to every mount beneath it. Flags that
 * the host has set stay: an unprivileged namespace may not take them away. */
int mount_restrict(const char *path, bool read_only, struct err *err);

/* Adds read-only to one mount of ours, without those beneath it; and takes it away again. */
int mount_freeze(const char *path, struct err *err);
int mount_thaw(const char *path, struct err *err);

/* A path of mountinfo, where blanks and backslashes stand as \ooo, as it is. In place. */
void mounts_unescape(char *text);

/* What the places are made with: a folder on a tmpfs of ours under which mounts are parked until they are moved away.
 */
struct mount_yard {
    const char *path;         /* "/.sciwrap-RANDOM" inside the new root */
    unsigned next;            /* number of the next parking place */
    struct strlist underlays; /* directories replaced by mount_make_target(), writable until they are frozen */
};

/* Makes sure that `target` (absolute, inside the new root, which must be "/" and have no host behind it) exists as a
 * directory or as a file. Where a parent is part of the read-only rootfs, that parent is replaced by a tmpfs into which
 * its entries are bound, so that the store is never written. */
int mount_make_target(struct mount_yard *yard, const char *target, bool directory, struct err *err);

/* Binds or re-creates every entry of the directory `from` in the directory `to`: directories and files are bound,
 * links made again, empty directories made. Names for which skip() is true are left out. */
int mount_entries(const char *from, const char *to, bool (*skip)(const char *name), struct err *err);
