/* SPDX-License-Identifier: BSD-2-Clause
 *
 * observation: how it is found out what a run read and changed: by an observer that hears of each call, or, where the
 * kernel has no notifications or forbids them, by comparing what it can write to before and after.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "run/facts.h"
#include "run/inventory.h"
#include "run/manifest.h"
#include "run/observer.h"

/* A folder that a run can write to, for a comparison. */
struct observation_folder {
    char *host;
    char *inside; /* NULL: the work directory, to which the names of outputs are relative */
    struct inventory before;
};

struct observation {
    struct observer observer;
    struct observation_folder *folder; /* of a comparison */
    size_t folder_count;
    struct manifest *manifest;
    struct facts *facts;
    bool listening; /* the observer hears */
    struct seeding seeding;
};

/* Before the plan is made: by which way; a comparison looks at the folders now and has the records in them hidden.
 * $SCIWRAP_RECORDING=comparison asks for that way. `project` is the host path of .sciwrap, or NULL: then nothing can be
 * kept. */
int observation_prepare(struct observation *observation, struct facts *facts, struct manifest *manifest,
                        const char *project, struct err *err);
/* True when the run is to be heard of: then observation_record() is due. The plan must live until the release. */
bool observation_join(struct observation *observation, const struct plan *plan);
/* For launch_company.record. */
int observation_record(struct observation *observation, int notify_fd, int errnum, struct err *err);
/* For join_company(). */
void observation_expect(struct observation *observation, pid_t pid, int memory);
/* For launch_company.hear. */
int observation_hear(struct observation *observation, struct err *err);
/* After launch() of that plan: inputs, outputs, programs, processes and the rest of the record into the manifest. */
void observation_finish(struct observation *observation, const struct plan *plan);
void observation_release(struct observation *observation);
