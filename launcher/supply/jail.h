/* SPDX-License-Identifier: BSD-2-Clause
 *
 * jail: shuts the calling process in before it reads a foreign byte, so that neither a trick with paths nor an error in
 * a library's parser reaches anything but one folder. For a forked child with one thread.
 *
 * Four walls, each by itself enough against most of what was ever tried: namespaces rooted in the folder (jail_enter),
 * no descriptor that leads elsewhere (jail_close_others), Landlock (jail_landlock.h), and a filter that leaves about
 * fifty system calls (jail_filter.h). The first and the third depend on the host.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct jail_limits {
    uint64_t file_bytes;   /* no file grows larger: an error of the write, not a signal */
    uint64_t memory_bytes; /* address space */
    uint64_t seconds;      /* of all processors together four times as many; who waits counts those of the clock */
};

/* Closes every descriptor but those of `keep`, which is sorted by it: one of a folder of the host leads out of any
 * root. Of the standard ones those that
 * are not kept lead nowhere afterwards. */
void jail_close_others(int *keep, size_t count);

/* Makes the folder open at *dir_fd the root of namespaces of its own (user, mount, network, IPC), with the caller's own
 * user and group numbers, and gives up every capability. *dir_fd is the new root afterwards. On failure the process is
 * in no state to go on: it must end, and another one may try without. */
int jail_enter(int *dir_fd, struct err *err);

/* What works on every host: no new privileges, no tracing by others, no core file, and the limits. */
void jail_limit(const struct jail_limits *limits);
