/* SPDX-License-Identifier: BSD-2-Clause
 *
 * roots: who uses a tree of the store, so that nobody removes it meanwhile.
 *
 * On a file system of one machine a user of a tree holds a shared flock(2) on its meta file, and who removes it an
 * exclusive one: no file is made, and the kernel lets go of it whatever becomes of the process.
 *
 * On one of several machines locks can be slow, unknown to other machines, or absent (NFS without lockd hangs). There,
 * and with SCIWRAP_STORE_SHARED=yes, a user makes a file of its own, empty, all said by its name:
 *
 *     roots/HOST/TREE.BOOT.PIDNS.PID.START.N
 *
 * and sets its time to now every ten minutes. It is stale when its process is known to be dead: the same machine (by
 * the random identity of its boot) and PID namespace, and no such process; or the same host name and another boot.
 * Otherwise after a day without a sign of life.
 *
 * The order that makes it safe, for both: a user registers first and then looks whether the tree is there; a remover
 * takes the tree away by renaming and then looks whether somebody has registered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/digest.h"
#include "base/strlist.h"

enum { ROOTS_LEASE_S = 24 * 60 * 60 };

/* Shared lock of a user on an open meta file. False when somebody removes the tree now. True without a lock where the
 * file system has none that can be relied on. */
bool roots_lock(int meta_fd);
/* Exclusive lock of a remover: false when the tree is in use. Held until the descriptor is closed. */
bool roots_lock_for_removal(int meta_fd);

struct root;
/* Makes the file of this process for a tree and keeps it fresh, in a thread that does nothing else. NULL when it cannot
 * be made: on a read-only store without a word, else with a warning. */
struct root *root_register(int store_fd, const struct digest *artifact);
void root_release(struct root *root); /* NULL is nothing */

/* Whether a file under roots/ that is not stale at `now` names the tree. Adds "process PID on HOST" to `users` (may be
 * NULL) for each. */
bool roots_in_use(int store_fd, const struct digest *artifact, time_t now, struct strlist *users);
/* Removes the stale ones; their number. */
size_t roots_remove_stale(int store_fd, time_t now);
