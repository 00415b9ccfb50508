/* SPDX-License-Identifier: BSD-2-Clause
 *
 * settings: the part of a manifest about what was held fixed around a command: its members of `experiment.settings`,
 * the leaks that follow from it, and what a rerun on another machine has to say about it.
 */
#pragma once

#include "base/doc.h"
#include "run/reader.h"
#include "run/setup.h"

/* Adds user, cpus, cpu_baseline, seed, address_randomisation and disabled to the object of the settings. */
void settings_put(struct doc *object, const struct setup *setup);
/* Reads them back, and checks the host name, which must be there. A manifest of the time before these members says what
 * was so then. */
int settings_read(const struct reader *reader, const struct doc *object, struct setup *setup);

/* Appends {"kind", "detail"} for each setting that was turned off. `random_addresses` as in struct launch_result. */
void settings_add_leaks(struct doc *leaks, const struct setup *setup, int random_addresses);

/* Lines for people: what of a recorded setup this machine cannot repeat. */
void settings_notes(const struct setup *setup, uint64_t cpus, unsigned level, struct strlist *ret_notes);
