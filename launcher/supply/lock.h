/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lock: what a recipe's packages resolve to today, by the apt of a Debian host in a private root: own sources, own
 * lists, an empty dpkg status. Changes nothing on the host and needs no rights.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "supply/lockfile.h"
#include "supply/recipe.h"

struct lock_request {
    const struct recipe *recipe;
    const struct strlist *mirrors; /* as build_request */
    const char *snapshot;          /* resolve as of this time at snapshot.debian.org; NULL: the mirrors as they are */
};

/* ERR_HOST when there is no apt here. */
int lock_resolve(const struct lock_request *request, struct lockfile *ret_lock, struct err *err);
