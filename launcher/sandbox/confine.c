/* SPDX-License-Identifier: BSD-2-Clause
 * confine: what every process of a run has lost before it executes a command. */
#include "sandbox/confine.h"

#include "sandbox/filter.h"
#include "sandbox/identity.h"

int confine_rights(struct err *err)
{
    return identity_drop_rights(err);
}

int confine_calls(const struct plan *plan, struct err *err)
{
    (void)plan;
    return filter_install(err);
}
