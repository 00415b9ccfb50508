/* SPDX-License-Identifier: BSD-2-Clause
 *
 * devices_place: the nodes and files of a CDI specification, looked up on the host and given their places inside.
 */
#pragma once

#include "base/err.h"
#include "run/devices.h"

/* `from`: for messages, the specification or what stands for it. */
int devices_place(struct devices *devices, const struct cdi_edits *edits, const char *from, int rootfs_fd,
                  struct err *err);
