/* SPDX-License-Identifier: BSD-2-Clause
 *
 * limits: holds a run to what it may use, by the strongest means that this host has.
 *
 * Processes: a control group, else RLIMIT_NPROC, which since Linux 5.14 counts within a user namespace, so within the
 * run. Memory: a control group for all of the run, else RLIMIT_DATA for each process by itself. CPUs: the affinity,
 * which the run can change itself, and a control group (cpuset, else a quota) that it cannot. Time: the launcher. The
 * size of files and the number of open ones: RLIMIT_FSIZE and RLIMIT_NOFILE of each process (setrlimit(2)).
 *
 * PID 1 of the sandbox, which is ours, is not counted. Threads are counted as the kernel counts them: as processes.
 */
#pragma once

#include "base/err.h"
#include "base/limits.h"
#include "sandbox/cgroup.h"
#include "sandbox/cpus.h"
#include "sandbox/plan.h"

enum limit_means {
    LIMIT_BY_NOTHING, /* not asked for */
    LIMIT_BY_CGROUP,
    LIMIT_BY_USER_NAMESPACE,
    LIMIT_BY_PROCESS,
    LIMIT_BY_AFFINITY,
    LIMIT_BY_AFFINITY_AND_CPUSET,
    LIMIT_BY_AFFINITY_AND_QUOTA,
    LIMIT_BY_LAUNCHER,
};

/* What holds one run. */
struct limits_held {
    struct limits asked;
    enum limit_means by[LIMITS];
    struct cgroup group;
    int version;    /* of the group, and its path: they stay when it is gone */
    char *path;     /* NULL: no limit is held by a group */
    char *no_group; /* why there is no control group for what one was wanted for, else NULL */
    struct cpus cpus;

    /* What came of it, from limits_look() on. */
    bool hit[LIMITS];
    uint64_t refused_processes; /* how often a process was refused; known with a control group */
    uint64_t killed_processes;  /* for memory; known with a control group */
    bool has_peak;
    uint64_t peak_memory; /* bytes, of all of the run */
};

/* "cgroup", "user namespace", "process", "affinity", "affinity and cpuset", "affinity and quota", "launcher". */
const char *limit_means_name(enum limit_means means);
/* "cgroup v2", "cgroup v1", "namespace and process limits". */
const char *limits_mechanism(const struct limits_held *held);

/* Before the first process is made. ERR_HOST when a limit cannot be held at all. Caller releases. */
int limits_hold(const struct limits *limits, struct limits_held **ret_held, struct err *err);
/* In init, in the new root, with rights over its mounts: what lies in memory as files, at most the limit in each of
 * /dev/shm and the plan's tmpfs. A group would hold it as well; without one nothing else does. */
int limits_bound_files(const struct plan *plan, struct err *err);
/* In the process that becomes the command, inside, just before it does. ERR_HOST as above: that processes are counted
 * per user namespace is tried here, because it depends on more than the version of the kernel. */
int limits_apply(const struct limits_held *held, struct err *err);
/* When the command has ended with a status of waitpid(2) and the group is still there. */
void limits_look(struct limits_held *held, int wait_status);
/* A signal has ended it, or one of its children: a shell passes a child's death by signal N on as 128+N. */
bool limits_ended_by(int wait_status, int signal);
/* Removes the group, whose processes must be gone. The rest stays readable. */
void limits_let_go(struct limits_held *held);
/* That and the memory; a no-op for NULL. */
void limits_release(struct limits_held *held);
