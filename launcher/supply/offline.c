/* SPDX-License-Identifier: BSD-2-Clause
 * offline: whether the network may be asked. */
#include "supply/offline.h"

#include <stdlib.h>
#include <string.h>

static const char variable[] = "SCIWRAP_OFFLINE";

bool offline_is_on(void)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' && strcmp(value, "no") != 0 && strcmp(value, "0") != 0;
}

void offline_set(void)
{
    setenv(variable, "yes", 1);
}

int offline_complain(struct err *err)
{
    return err_set(err, ERR_NETWORK, "not asked, because of --offline");
}
