/* SPDX-License-Identifier: BSD-2-Clause
 *
 * show_processes: how a run was recorded, and its tree of processes, for people.
 */
#pragma once

#include "base/doc.h"

/* The member `recording` of a manifest; NULL prints nothing. */
void show_recording(const struct doc *recording);
/* The member circumstances.processes; NULL prints nothing. */
void show_processes(const struct doc *processes);
