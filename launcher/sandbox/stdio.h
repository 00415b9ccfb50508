/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stdio: descriptors 0 to 2 of a command, where they would let it do more than they were opened for.
 *
 * A descriptor holds on to the mount that its file was opened on, and that mount is the host's. Through
 * /proc/self/fd/0 a command could open a file for writing that it got for reading only, and openat(0, "..") leads from
 * a directory to all of the host. So a regular file that was opened for reading only, and every directory, is bound
 * read-only in the sandbox and opened there once more: a second open for writing fails with EROFS, and ".." of the root
 * of a mount that is nowhere is that root.
 *
 * Everything else is given as it is: what was opened for writing is to be written, and devices, pipes and sockets are
 * not protected by a mount.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

enum { STDIO_DESCRIPTORS = 3 };

struct stdio {
    int source[STDIO_DESCRIPTORS]; /* O_PATH, found by name in this mount namespace; -1: given as it is */
    bool guarded[STDIO_DESCRIPTORS];
};

/* In the launcher: false when stdio_find() will refuse descriptor `fd` because no name leads to its file any more (it
 * was deleted, or is a memfd), or the first process of a sandbox may not open it. */
bool stdio_can_guard(int fd);

/* In the first process, while the host is in sight and before the first mount. Leaves out those that will be
 * replaced: `replaced` has a descriptor >= 0 for each. ERR_HOST when one that must be guarded cannot be found. */
int stdio_find(struct stdio *stdio, const int replaced[STDIO_DESCRIPTORS], struct err *err);
/* Replaces the descriptors, the offset kept; `yard` is a folder of ours on the new root. Closes the sources. */
int stdio_guard(struct stdio *stdio, const char *yard, struct err *err);
void stdio_close(struct stdio *stdio);
