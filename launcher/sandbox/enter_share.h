/* SPDX-License-Identifier: BSD-2-Clause
 *
 * enter_share: what a process that joins a run gets beside the namespaces: the limits that another process of the run
 * has, and standard descriptors that let it do no more than they were opened for.
 */
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

enum { SHARE_GROUPS = 16 };

struct share {
    struct rlimit limit[RLIM_NLIMITS];
    cpu_set_t *cpus; /* NULL: as the caller's */
    size_t cpus_size;
    int group[SHARE_GROUPS]; /* cgroup.procs of each group that the process is in and the caller is not */
    int groups;
};

/* Before the namespaces are joined, while the host's files are in sight. A control group of a run of its own that
 * cannot be joined is an error: its limits would not hold. share_release() in both cases. */
int share_take(struct share *share, pid_t process, struct err *err);
/* In the process that shall have them. */
int share_give(const struct share *share, struct err *err);
void share_release(struct share *share);

/* Descriptors for the command in the place of 0 to 2, or -1: as it is. A file that is only open for reading is passed
 * through a pipe by *ret_feeder (0: none), for the command could open it anew for writing (sandbox/stdio.h); a folder
 * is refused. */
int share_stdio(int stdio[3], pid_t *ret_feeder, struct err *err);
