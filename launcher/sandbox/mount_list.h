/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mount_list: every mount that this process can reach, with its flags.
 *
 * From listmount(2) and statmount(2), Linux 6.8, where they are: a third of the time that /proc/self/mountinfo takes,
 * whose text is made and read for each launch otherwise (proc_pid_mountinfo(5)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct mount_seen {
    uint64_t id;
    uint64_t number; /* as /proc tells it; with from_calls it is another one than `id` */
    uint64_t parent;
    uint32_t type; /* of statfs(2), for tmpfs, proc, devpts and overlay; of others it may be 0 */
    bool read_only;
    bool no_suid;
    bool no_dev;
    bool passes_on; /* shared: what is mounted here appears elsewhere */
    char *point;    /* NULL: ask mount_list_point() */
};

struct mount_list {
    struct mount_seen *item;
    size_t count;
    bool from_calls; /* else from mountinfo, whose numbers are others */
    struct buf text;
};

/* Needs /proc of this PID namespace. */
int mount_list_read(struct mount_list *list, struct err *err);
void mount_list_release(struct mount_list *list);
/* The mount whose root `path` leads to, links followed; NULL when nothing is mounted there. */
const struct mount_seen *mount_list_at(const struct mount_list *list, const char *path);
/* The same by the points of a list that is not from_calls, as the kernel looks a name up: `path` is absolute, without
 * links. */
const struct mount_seen *mount_list_walk(const struct mount_list *list, const char *path);
const struct mount_seen *mount_list_find(const struct mount_list *list, uint64_t id);
/* Where it is mounted, as seen from this process' root; borrowed until the next call. */
const char *mount_list_point(const struct mount_seen *seen);
