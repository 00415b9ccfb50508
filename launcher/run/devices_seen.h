/* SPDX-License-Identifier: BSD-2-Clause
 *
 * devices_seen: what devices this host has for runs, in words, for `sciwrap doctor`.
 */
#pragma once

#include <stdbool.h>

#include "base/strlist.h"

/* One line about GPUs, one about other devices of CDI specifications if there are any, and one for each file that was
 * not read. True when --gpu would find something. */
bool devices_seen(struct strlist *ret_lines);
