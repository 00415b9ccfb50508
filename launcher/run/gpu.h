/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gpu: the GPUs of a host that has no CDI specification for them: their nodes in /dev, and of NVIDIA's driver the
 * libraries that must be those of the running kernel's module.
 */
#pragma once

#include <stdbool.h>

#include "base/strlist.h"
#include "run/cdi.h"

/* `root` stands in the place of "/" ("" is the host itself; else for tests). False when there is none. */
bool gpu_find(const char *root, struct cdi_edits *ret_edits);
/* Facts about NVIDIA's driver and its devices from /proc and /sys: its version (NULL when it is not loaded; caller
 * frees) and the names of the models, one for each device. */
char *gpu_driver(const char *root, struct strlist *ret_models);
