/* SPDX-License-Identifier: BSD-2-Clause
 *
 * offline: whether the network may be asked. Said by the option --offline or by $SCIWRAP_OFFLINE, which the option
 * sets, so that it holds for every program that is started from here, too.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"

/* True for any value but "", "no" and "0": who writes SCIWRAP_OFFLINE=true means it. */
bool offline_is_on(void);
void offline_set(void);
/* ERR_NETWORK: why an address was not asked. */
int offline_complain(struct err *err);

/* ERR_NOT_FOUND: what of the environment `name` is missing ("artifact", "image"), and how to get it. `tried` is what
 * was looked at; may be "". */
int offline_complain_missing(const char *name, const char *what, const struct digest *sha256, const char *tried,
                             struct err *err);
