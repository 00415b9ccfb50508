/* SPDX-License-Identifier: BSD-2-Clause
 * join_offer: what a rank brings along to those that it shares a sandbox with.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "env/definition.h"
#include "run/facts.h"
#include "run/join_step.h"
#include "run/options.h"
#include "run/setup.h"

struct join_offer {
    struct join_step step;
    bool named;              /* who is missing is an error; else the others go on alone */
    struct strlist settings; /* run/join_settings.h */
    struct strlist argv;
    struct strlist environment; /* of the command, sorted, its launcher's wiring included */
};

/* 1: this run is a rank, offer->step says of what; 0: it is a run of its own; -1 with `err` set. Before the setup is
 * made: PMIx needs the caller's numbers inside, which `def` is then changed to. */
int join_offer_find(struct join_offer *offer, const struct run_options *options, const struct facts *facts,
                    struct definition *def, struct err *err);
/* The rest of it, after. Warns when the ranks will not reach their launcher. */
void join_offer_fill(struct join_offer *offer, const struct setup *setup, const struct run_options *options,
                     const struct facts *facts, const char *rootfs);
void join_offer_release(struct join_offer *offer);
