/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sysfs: where /sys tells of a device node: the folder of the device, and the links by which libraries come to it
 * (libdrm by number, ROCm by class, NCCL by bus). sysfs(5), Documentation/admin-guide/sysfs-rules.rst.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strlist.h"

struct sysfs_place {
    char *folder;         /* "/sys/devices/...": of the hardware where there is one, else of the node itself */
    struct strlist links; /* PATH, TEXT, PATH, TEXT ...: all absolute */
};

/* `root` stands in the place of "/" ("" is the host itself; else for tests). False when /sys knows nothing of it. */
bool sysfs_find(const char *root, uint32_t major, uint32_t minor, struct sysfs_place *ret_place);
void sysfs_place_release(struct sysfs_place *place);
