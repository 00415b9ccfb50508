/* SPDX-License-Identifier: BSD-2-Clause
 *
 * blob_check: whether the blobs of a store still have the bytes that their names say; on all CPUs.
 */
#pragma once

#include <stdint.h>

#include "env/contents.h"
#include "env/store.h"

/* Told of each blob that is wrong, by one thread at a time, in no order. */
typedef void (*blob_report)(void *into, const struct content *blob, const char *why);

/* Reads the blobs among `contents`. The bytes that were read are added to *bytes. A blob that goes away meanwhile is no
 * blob. */
void blob_check(const struct store *store, const struct contents *contents, blob_report report, void *into,
                uint64_t *bytes);
