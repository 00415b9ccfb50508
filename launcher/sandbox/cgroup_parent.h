/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cgroup_parent: below which group of version 2 a group of ours can be made.
 */
#pragma once

#include "sandbox/cgroup.h"

#define CGROUP_PREFIX "sciwrap-"

struct cgroup_parent {
    char *path;
    unsigned controllers; /* of the wanted ones, that its children get */
    char *leaf;           /* group below it into which the launcher has moved out of it, or NULL */
    unsigned given;       /* controllers that were handed on for us */
};

/* The nearest one upwards with all of the wanted controllers that this host has, else with some. Caller frees path and
 * leaf. */
bool cgroup_parent_find(const struct cgroup_place *place, unsigned wanted, struct cgroup_parent *ret_parent);
/* Takes back what was given, and the launcher out of its leaf. */
void cgroup_parent_restore(const char *path, unsigned given, const char *leaf);

/* This host has one of the wanted controllers in this hierarchy, whoever may use it. */
bool cgroup_offers(const struct cgroup_place *place, unsigned wanted);
/* Groups can be made in it, and processes moved into and out of it. */
bool cgroup_is_writable(const char *path);
/* One write; false with errno set. */
bool cgroup_write_at(int dirfd, const char *file, const char *text);
