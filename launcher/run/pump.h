/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pump: the streams of a run that are pipes go through pipes and threads of ours, where they are hashed in passing
 * (run/feed, run/drain). At most two threads: one for what comes in, one for all that goes out.
 *
 *     pump_prepare()                 before the launch; company->stdio is filled
 *     pump_start()                   from company->begin on
 *     pump_finish()                  after the launch, whatever came of it
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "run/drain.h"
#include "run/feed.h"
#include "run/objects.h"
#include "run/streams.h"
#include "sandbox/launch.h"

struct pump {
    struct stream *streams; /* borrowed */
    struct objects objects;
    struct feed feed;
    struct drain drain[2];
    int number[2]; /* the stream of each drain */
    size_t drains;
    bool feeds;
    int stop;        /* eventfd(2) */
    char *buffer[2]; /* of the feed, of the drains */
    char *early;     /* of the feed's tally */
    pthread_t thread[2];
    bool started[2];
    struct err failed; /* to start */
};

/* `hashes`: also pipes that could be given to the command as they are. `project` is the host path of .sciwrap, where
 * what comes in is kept up to `keep_most` bytes; NULL: nowhere. */
int pump_prepare(struct pump *pump, struct stream streams[STREAMS], bool hashes, const char *project,
                 uint64_t keep_most, int stdio[STREAMS], struct err *err);
void pump_start(struct pump *pump);
/* Waits until everything was passed on, and writes what is known now into the streams. Notes are lines for people. -1
 * when something could not be passed on. */
int pump_finish(struct pump *pump, struct strlist *notes, struct err *err);
