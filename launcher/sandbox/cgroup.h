/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cgroup: a control group of one run, below one that the caller may write (cgroups(7), Documentation/admin-guide/
 * cgroup-v2.rst; version 1 where that is what the host has and the caller is root).
 *
 * Version 2: the nearest group upwards from our own that is writable and hands the controllers on to its children. Our
 * own can be that only when nothing else is in it ("no internal processes"): the launcher then moves into a leaf.
 * A user who has none is given one by the own systemd (cgroup_scope.h).
 * Version 1: directly below our own group of each hierarchy.
 *
 * A group has a lock (flock(2)) while its launcher lives. One without was left by a launcher that was killed; the next
 * one that makes a group at the same place removes it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum {
    CGROUP_PIDS = 1 << 0,
    CGROUP_MEMORY = 1 << 1,
    CGROUP_CPUSET = 1 << 2,
    CGROUP_CPU = 1 << 3,
    CGROUP_KINDS = 4,
};

/* A hierarchy and where we are in it. */
struct cgroup_place {
    unsigned controllers; /* version 1: of this hierarchy; 0 for version 2 */
    bool unified;         /* version 2 */
    char *top;            /* mount point */
    char *own;            /* our group, as a path beneath it: top itself or TOP/... */
};

struct cgroup_places {
    struct cgroup_place item[CGROUP_KINDS + 1];
    size_t count;
};

/* Out of the texts of /proc/self/mountinfo and /proc/self/cgroup. A group that lies outside of what is mounted is left
 * out. */
void cgroup_places_parse(const char *mountinfo, const char *own_groups, struct cgroup_places *ret_places);
void cgroup_places_release(struct cgroup_places *places);

struct cgroup_part {
    unsigned controllers;
    char *path;   /* of the group */
    char *parent; /* above it */
    int fd;       /* of the group, locked */
};

struct cgroup {
    int version; /* 1, 2; 0: none */
    struct cgroup_part part[CGROUP_KINDS];
    size_t parts;
    bool joined;    /* by the child of cgroup_clone() */
    char *leaf;     /* that the launcher has moved into, or NULL */
    char *emptied;  /* the group that it has moved out of */
    unsigned given; /* controllers that `emptied` hands on because of us */
};

/* Makes a group with as many of the wanted controllers as there are to be had here; returns them. 0: *cgroup is none,
 * and *ret_why (caller frees) says why. */
unsigned cgroup_open(struct cgroup *cgroup, unsigned wanted, char **ret_why);
/* The path of the group, in version 1 of the one that has one of the controllers. NULL: none. */
const char *cgroup_path(const struct cgroup *cgroup, unsigned controllers);

/* Writes or reads a file of the group that has `controller`. False when there is none, or it is refused: errno. */
bool cgroup_write(const struct cgroup *cgroup, unsigned controller, const char *file, const char *text);
/* A file with one number ("max" is none). */
bool cgroup_read(const struct cgroup *cgroup, unsigned controller, const char *file, uint64_t *ret_number);
/* The number behind KEY in a file of lines "KEY NUMBER". */
bool cgroup_read_key(const struct cgroup *cgroup, unsigned controller, const char *file, const char *key,
                     uint64_t *ret_number);
/* The text of a file of the group above; caller frees, NULL when it cannot be read. */
char *cgroup_read_parent(const struct cgroup *cgroup, unsigned controller, const char *file);

/* fork(2) with flags of clone(2). The child, which must have rights in a user namespace of its own, calls
 * cgroup_join() first: it is in the group then, if not before. -1 with errno set. */
pid_t cgroup_clone(struct cgroup *cgroup, unsigned long flags);
int cgroup_join(const struct cgroup *cgroup, struct err *err);

/* Removes the group, whose processes have ended. Safe to call again. */
void cgroup_close(struct cgroup *cgroup);
