/* SPDX-License-Identifier: BSD-2-Clause
 *
 * devices_hash: the digests of the host's files that come in with devices, found in a thread beside the run: they are
 * large (a driver's libraries have 500 MB), and after the first time most digests are remembered (run/digest_cache).
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/strlist.h"
#include "run/devices.h"

struct devices_hash {
    struct devices *devices;
    pthread_t thread;
    bool started;
    struct strlist gaps;
};

/* Nothing is started when there are no files. `devices` stays the caller's, who leaves it alone until the finish. */
void devices_hash_start(struct devices_hash *hash, struct devices *devices);
/* Waits for it. What could not be read, or changed meanwhile, is appended to *ret_gaps, a line each. */
void devices_hash_finish(struct devices_hash *hash, struct strlist *ret_gaps);
