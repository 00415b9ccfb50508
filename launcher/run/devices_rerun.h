/* SPDX-License-Identifier: BSD-2-Clause
 *
 * devices_rerun: the devices of a recorded run, looked for on the host of its rerun.
 */
#pragma once

#include "base/strlist.h"
#include "run/setup.h"

/* setup->devices comes out of a manifest and becomes what this host has of it: nothing where it has none, and a line
 * says so; that is no failure, for the comparison tells what came of it. Variables that name devices become those of
 * `environment`, the caller's. `folders`: more folders of specifications (run/cdi_find.h), or NULL. */
void devices_again(struct setup *setup, const struct strlist *folders, const char *rootfs, char *const *environment,
                   struct strlist *ret_notes);
