/* SPDX-License-Identifier: BSD-2-Clause
 *
 * devices_doc: the devices of a run in its manifest: `experiment.devices`, what of it merely happened on this host in
 * `circumstances.devices`, and the leaks that follow.
 */
#pragma once

#include "base/doc.h"
#include "run/devices.h"
#include "run/reader.h"

/* Both NULL when no device was asked for. */
struct doc *devices_doc(const struct devices *devices);
struct doc *devices_host_doc(const struct devices *devices);
/* Reads `experiment.devices` back; `object` NULL: there were none. */
int devices_read(const struct reader *reader, const struct doc *object, struct devices *devices);
/* Appends {"kind", "detail"}. */
void devices_add_leaks(struct doc *leaks, const struct devices *devices);
