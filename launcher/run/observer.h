/* SPDX-License-Identifier: BSD-2-Clause
 *
 * observer: what a run did to files of the host, found out while it ran.
 *
 * It is the recorder's client. A file that the run reads is noted when it is first opened, and hashed by workers beside
 * the run. A file that existed and is opened for writing, replaced or removed is first secured: the caller waits until
 * its old content is in the project's objects (a reflink where the file system can, else a copy), so that a run that
 * works in place can be repeated. Files of the rootfs are handed to whoever checks them. What is different at the end
 * is found by findings.h.
 *
 * Not seen: what a run learns about a file without opening it (stat(2), access(2)), and what reaches it through a
 * descriptor that it was given.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "base/strmap.h"
#include "run/book.h"
#include "run/digest_cache.h"
#include "run/objects.h"
#include "run/places.h"
#include "run/processes.h"
#include "run/seeding.h"
#include "run/workers.h"
#include "sandbox/recorder.h"

struct observer {
    const struct plan *plan;
    struct objects objects; /* fd -1: nothing can be kept */
    uint64_t keep_most;     /* bytes of one file */
    /* `named` is used, which is `real` and lies in the rootfs, or elsewhere when a link or ".." was on the way; `real`
     * is NULL when it was looked for in the rootfs and is not there. `program`: it is executed. Called by workers;
     * NULL: nobody wants to know. */
    void (*used)(void *context, const char *named, const char *real, bool program);
    void *context;

    struct seeding *seeding; /* NULL: random numbers are the kernel's */

    struct recorder *recorder; /* NULL before it has started and where there is none */
    struct places places;
    struct book book;
    struct workers workers;
    struct digest_cache digests;
    struct processes processes;
    struct strlist addresses;    /* that were connected to, each once */
    struct strlist interpreters; /* of scripts that were executed: as seen inside, without links, each once */
    struct strmap started;       /* programs of the rootfs whose start is known */
    struct strmap seen;          /* named paths that need no second look; values: see observer.c */
    uint64_t changes;            /* how often a name was given another meaning */
    atomic_int reading;          /* descriptors that wait to be hashed */
    struct recorder_target target[2];
};

/* The caller sets the fields up to `context` before. */
void observer_begin(struct observer *observer);
/* Takes notify_fd over. */
void observer_start(struct observer *observer, int notify_fd);
/* An input by declaration, whether or not the run opens it. `host` is readable or it is an error. */
int observer_declare(struct observer *observer, const char *host, struct err *err);
/* After the last process has ended: all digests are there, nobody writes to the book any more. */
void observer_wait(struct observer *observer);
/* Has a worker tell `used` of it; `real` may be NULL. */
void observer_use(struct observer *observer, const char *named, const char *real, bool program);
/* Ends the recorder and frees everything. */
void observer_end(struct observer *observer);
