/* SPDX-License-Identifier: BSD-2-Clause
 *
 * variables: the whole environment of a command. In this order, the later wins: what of the caller's passes, what is
 * held fixed (env/fix), the variables of --cpu-baseline, those of devices (run/devices), those of the definition, those
 * of --env; and what devices add to PATH and LD_LIBRARY_PATH.
 *
 * Of the caller's variables those about the terminal pass, when there is one, and those of each setting that is turned
 * off. Without FIX_VARIABLES all of them do, except what names places of the host, and secrets: these never do, because
 * every value stands in the manifest, which is made to be published.
 */
#pragma once

#include <stdbool.h>

#include "base/strlist.h"
#include "env/definition.h"
#include "run/facts.h"
#include "run/setup.h"

/* Into setup->variables, sorted. Of the setup all that comes before them must be there. `asked` is "NAME=value" of
 * --env. */
void variables_make(struct setup *setup, const struct definition *def, const struct strlist *asked,
                    const struct facts *facts);

/* True when a variable is better not seen by anybody: by its name (TOKEN, PASSWORD, KEY, ...), or because its value is
 * an address with a password in it. */
bool variables_is_secret(const char *assignment);

/* The names of those of the caller's variables whose values the command did not get; sorted, each once, never a value,
 * and no more than VARIABLES_DROPPED_MOST. `environment` may be NULL. */
enum { VARIABLES_DROPPED_MOST = 1000 };
void variables_dropped(char *const *environment, const struct strlist *variables, struct strlist *ret_names);
