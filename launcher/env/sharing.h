/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sharing: whether other hosts may use a store, and what this host is called in one. What is shared between hosts can
 * be promised less of: another host has another boot identity, its locks may be unknown here, and it hears of a rename
 * late. */
#pragma once

#include <stdbool.h>

enum { SHARING_BOOT_ID = 36, SHARING_HOST = 64 };

/* Whether the file system of `fd` may be mounted by more than this host: it is none of those that lie on a disk or in
 * memory of one kernel (statfs(2)), or $SCIWRAP_STORE_SHARED is "yes": a local disk that is exported to others. */
bool sharing_is_on(int fd);
/* The same by the file system alone: whether its locks may be unknown to others, slow or absent, and a rename be seen
 * late. Not with "no" in $SCIWRAP_STORE_SHARED: then this host alone uses the store, wherever it lies. */
bool sharing_is_network(int fd);
/* The name of this host, fit for a file's: at most SHARING_HOST bytes, no '/', no blanks. */
void sharing_host(char name[SHARING_HOST + 1]);
/* proc(5), random/boot_id: a random identity that the kernel takes at every start. "unknown" where it is hidden; then
 * nobody can tell that two processes share a boot. */
void sharing_boot(char id[SHARING_BOOT_ID + 1]);
