/* SPDX-License-Identifier: BSD-2-Clause
 *
 * confirmation: how often, and on how many machines, reruns of a run came to the same.
 */
#pragma once

#include <stddef.h>

#include "run/catalog.h"

struct confirmation {
    size_t reruns;    /* compared with the run itself */
    size_t good;      /* whose outputs were identical, equal after normalisation or within tolerance */
    size_t machines;  /* different ones, of the good; one that is not known counts as none */
    const char *last; /* when the last good one started, borrowed from the catalog; NULL when there is none */
};

/* Of the run with this full ID, whether or not its own record is in the catalog. */
void confirmation_count(const struct catalog *catalog, const char *id, struct confirmation *ret_confirmation);
