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

int offline_complain_missing(const char *name, const char *what, const struct digest *sha256, const char *tried,
                             struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(sha256, hex);
    return err_set(err, ERR_NOT_FOUND,
                   "its %s (sha256 %s) is not here, and the network is not asked, because of --offline; bring it where "
                   "there is a network, on a login node with the same store: 'sciwrap pull %s', or as a file: 'sciwrap "
                   "store export %s FILE' there and 'sciwrap store import FILE' here; tried: %s",
                   what, hex, name, name, tried[0] != '\0' ? tried : "the store");
}
