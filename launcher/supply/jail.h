/* SPDX-License-Identifier: BSD-2-Clause
 *
 * jail: shuts the calling process in before it reads a foreign byte, so that neither a trick with paths nor an error in
 * a library's parser reaches anything but one folder. For a forked child with one thread.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* Makes the folder open at *dir_fd the root of namespaces of its own (user, mount, network, IPC), with the caller's own
 * user and group numbers, and gives up every capability. *dir_fd is the new root afterwards. On failure the process is
 * in no state to go on: it must end, and another one may try without. */
int jail_enter(int *dir_fd, struct err *err);

/* What works on every host: no new privileges, no tracing by others, no core file, no file larger than `file_bytes`
 * (an error of the write, not a signal), bounded memory. */
void jail_limit(uint64_t file_bytes);
