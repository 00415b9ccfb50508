/* SPDX-License-Identifier: BSD-2-Clause
 * confine: what every process of a run has lost before it executes a command. */
#include "sandbox/confine.h"

#include <sys/prctl.h>

#include "sandbox/filter.h"
#include "sandbox/identity.h"
#include "sandbox/self_check.h"

int confine_rights(struct err *err)
{
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return identity_drop_rights(err) < 0 ? -1 : self_check_rights(err);
}

int confine_calls(const struct plan *plan, struct err *err)
{
    return filter_install(plan->nested, err) < 0 ? -1 : self_check_filter(err);
}
