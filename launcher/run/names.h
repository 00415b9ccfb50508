/* SPDX-License-Identifier: BSD-2-Clause
 *
 * names: the names of a changed file that a run did not use. Who writes to a file through one of its hard links changes
 * what stands at the others.
 */
#pragma once

#include "run/observer.h"

/* After observer_wait(). Adds a touched page for each such name in the folders of the host that the run could write to.
 * Costs nothing when no file with several names was changed. */
void names_find(struct observer *observer);
