/* SPDX-License-Identifier: BSD-2-Clause
 * join_offer: what a rank brings along. */
#include "run/join_offer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "run/join_settings.h"
#include "run/join_step.h"

void join_offer_release(struct join_offer *offer)
{
    join_step_release(&offer->step);
    strlist_release(&offer->settings);
    strlist_release(&offer->argv);
    strlist_release(&offer->environment);
}

static bool begins_one(char *const *environment, const char *beginning)
{
    for (char *const *at = environment; at != NULL && *at != NULL; at++) {
        if (strncmp(*at, beginning, strlen(beginning)) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_name(const struct strlist *assignments, const char *assignment)
{
    size_t length = strcspn(assignment, "=") + 1;
    for (size_t i = 0; i < assignments->count; i++) {
        if (strncmp(assignments->item[i], assignment, length) == 0) {
            return true;
        }
    }
    return false;
}

static void add_unless_set(struct strlist *assignments, const char *assignment)
{
    if (!has_name(assignments, assignment)) {
        strlist_add(assignments, assignment);
    }
}

int join_offer_find(struct join_offer *offer, const struct run_options *options, const struct facts *facts,
                    struct definition *def, struct err *err)
{
    offer->named = options->join.mode == JOIN_NAMED;
    int found = join_step_find(&options->join, facts->environment, &offer->step, err);
    /* A server of PMIx takes a client only that says it is the user whom the launcher started (psec/native). */
    if (found > 0 && begins_one(facts->environment, "PMIX_SERVER_URI") && def->identity == IDENTITY_RESEARCHER) {
        def->identity = IDENTITY_CALLER;
    }
    return found;
}

/* PMIx keeps what ranks tell each other in files of the server, which are the host's; or, as any launcher can, in its
 * messages alone. */
static void add_wiring(struct strlist *environment, const struct facts *facts)
{
    for (char *const *at = facts->environment; at != NULL && *at != NULL; at++) {
        if (strchr(*at, '=') != NULL && join_step_is_wiring(*at)) {
            add_unless_set(environment, *at);
        }
    }
    if (begins_one(facts->environment, "PMIX_SERVER_URI")) {
        add_unless_set(environment, "PMIX_MCA_gds=hash");
    }
    strlist_sort(environment);
}

/* Where the server of PMIx listens: an address of the host, which a run without network does not have. */
static void warn_of_network(const struct join_offer *offer, const struct setup *setup, const struct facts *facts)
{
    if (setup->network == NETWORK_NONE && offer->step.local_rank == 0 &&
        begins_one(facts->environment, "PMIX_SERVER_URI")) {
        log_warn("the launcher of these ranks is reached over the network of this host (PMIx), which the run does not "
                 "have: ranks that talk to it need --network host");
    }
}

void join_offer_fill(struct join_offer *offer, const struct setup *setup, const struct run_options *options,
                     const struct facts *facts, const char *rootfs)
{
    join_settings(setup, facts, options, rootfs, &offer->settings);
    for (size_t i = 0; i < setup->argv.count; i++) {
        strlist_add(&offer->argv, setup->argv.item[i]);
    }
    for (size_t i = 0; i < setup->variables.count; i++) {
        strlist_add(&offer->environment, setup->variables.item[i]);
    }
    add_wiring(&offer->environment, facts);
    warn_of_network(offer, setup, facts);
}
