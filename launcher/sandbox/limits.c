/* SPDX-License-Identifier: BSD-2-Clause
 * limits: holds a run to what it may use. What each process sets for itself is in limits_apply.c. */
#include "sandbox/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/mem.h"

const char *limit_means_name(enum limit_means means)
{
    static const char *const names[] = {
        [LIMIT_BY_NOTHING] = "nothing",
        [LIMIT_BY_CGROUP] = "cgroup",
        [LIMIT_BY_USER_NAMESPACE] = "user namespace",
        [LIMIT_BY_PROCESS] = "process",
        [LIMIT_BY_AFFINITY] = "affinity",
        [LIMIT_BY_AFFINITY_AND_CPUSET] = "affinity and cpuset",
        [LIMIT_BY_AFFINITY_AND_QUOTA] = "affinity and quota",
        [LIMIT_BY_LAUNCHER] = "launcher",
    };
    return names[means];
}

const char *limits_mechanism(const struct limits_held *held)
{
    static const char *const names[] = {"namespace and process limits", "cgroup v1", "cgroup v2"};
    return names[held->version];
}

/* By which controllers a limit is held, if by any. */
static unsigned controllers_of(enum limit limit, enum limit_means means)
{
    unsigned cpus = (means == LIMIT_BY_AFFINITY_AND_CPUSET ? CGROUP_CPUSET : 0) |
                    (means == LIMIT_BY_AFFINITY_AND_QUOTA ? CGROUP_CPU : 0);
    unsigned other = limit == LIMIT_PIDS ? CGROUP_PIDS : CGROUP_MEMORY;
    return means == LIMIT_BY_CGROUP ? other : cpus;
}

static bool write_number(const struct cgroup *group, unsigned controller, const char *file, uint64_t number)
{
    auto_free char *text = xasprintf("%" PRIu64, number);
    return cgroup_write(group, controller, file, text);
}

static bool group_pids(const struct limits_held *held)
{
    /* One more, for PID 1. */
    return write_number(&held->group, CGROUP_PIDS, "pids.max", held->asked.value[LIMIT_PIDS] + 1);
}

/* Without swap: a run that is pushed out to the disk by its own limit is as good as stopped, and slows its neighbours.
 * Files about swap are there only where it is accounted. */
static bool group_memory(const struct limits_held *held)
{
    const struct cgroup *group = &held->group;
    uint64_t bytes = held->asked.value[LIMIT_MEMORY];
    if (group->version == 2) {
        (void)cgroup_write(group, CGROUP_MEMORY, "memory.swap.max", "0");
        return write_number(group, CGROUP_MEMORY, "memory.max", bytes);
    }
    bool done = write_number(group, CGROUP_MEMORY, "memory.limit_in_bytes", bytes);
    (void)write_number(group, CGROUP_MEMORY, "memory.memsw.limit_in_bytes", bytes);
    return done;
}

static bool group_cpuset(const struct limits_held *held)
{
    const struct cgroup *group = &held->group;
    if (group->version == 1) {
        /* A new group of version 1 has no memory nodes, and takes no process without (cpuset(7)). */
        auto_free char *nodes = cgroup_read_parent(group, CGROUP_CPUSET, "cpuset.mems");
        if (nodes == NULL || !cgroup_write(group, CGROUP_CPUSET, "cpuset.mems", nodes)) {
            return false;
        }
    }
    auto_free char *list = cpus_text(&held->cpus);
    return cgroup_write(group, CGROUP_CPUSET, "cpuset.cpus", list);
}

static bool group_quota(const struct limits_held *held)
{
    enum { PERIOD = 100000 }; /* microseconds, what the kernel starts with */
    uint64_t quota = held->cpus.count * PERIOD;
    if (held->group.version == 1) {
        return write_number(&held->group, CGROUP_CPU, "cpu.cfs_quota_us", quota);
    }
    auto_free char *text = xasprintf("%" PRIu64 " %d", quota, PERIOD);
    return cgroup_write(&held->group, CGROUP_CPU, "cpu.max", text);
}

/* The group may refuse one file and take the other, so each is tried. */
static void use_group(struct limits_held *held)
{
    const uint64_t *asked = held->asked.value;
    if (asked[LIMIT_PIDS] != 0 && group_pids(held)) {
        held->by[LIMIT_PIDS] = LIMIT_BY_CGROUP;
    }
    if (asked[LIMIT_MEMORY] != 0 && group_memory(held)) {
        held->by[LIMIT_MEMORY] = LIMIT_BY_CGROUP;
    }
    if (asked[LIMIT_CPUS] != 0 && group_cpuset(held)) {
        held->by[LIMIT_CPUS] = LIMIT_BY_AFFINITY_AND_CPUSET;
    } else if (asked[LIMIT_CPUS] != 0 && group_quota(held)) {
        held->by[LIMIT_CPUS] = LIMIT_BY_AFFINITY_AND_QUOTA;
    }
}

static void hold_by_group(struct limits_held *held)
{
    const uint64_t *asked = held->asked.value;
    unsigned wanted = (asked[LIMIT_PIDS] != 0 ? CGROUP_PIDS : 0) | (asked[LIMIT_MEMORY] != 0 ? CGROUP_MEMORY : 0) |
                      (asked[LIMIT_CPUS] != 0 ? CGROUP_CPUSET | CGROUP_CPU : 0);
    if (wanted == 0) {
        return;
    }
    /* Asked for as well wherever there is a group: the peak is a figure that a user needs for the next time. */
    if (cgroup_open(&held->group, wanted | CGROUP_MEMORY, &held->no_group) != 0) {
        use_group(held);
    }
    for (int i = 0; i < LIMITS && held->path == NULL; i++) {
        unsigned controllers = controllers_of((enum limit)i, held->by[i]);
        if (controllers != 0) {
            held->version = held->group.version;
            held->path = xstrdup(cgroup_path(&held->group, controllers));
        }
    }
}

static int check_open_files(uint64_t asked, struct err *err)
{
    struct rlimit limit;
    if (asked != 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 && asked > limit.rlim_max) {
        return err_set(err, ERR_HOST, "%" PRIu64 " open files: this user may have %" PRIu64 " at most (ulimit -Hn)",
                       asked, (uint64_t)limit.rlim_max);
    }
    return 0;
}

static int hold(struct limits_held *held, struct err *err)
{
    const uint64_t *asked = held->asked.value;
    if (check_open_files(asked[LIMIT_OPEN_FILES], err) < 0) {
        return -1;
    }
    if (asked[LIMIT_CPUS] != 0 && !cpus_choose(asked[LIMIT_CPUS], &held->cpus)) {
        return err_set_errno(err, ERR_HOST, errno, "the CPUs that this process may use are not to be known");
    }
    static const enum limit_means weakest[LIMITS] = {
        [LIMIT_PIDS] = LIMIT_BY_USER_NAMESPACE, [LIMIT_MEMORY] = LIMIT_BY_PROCESS,
        [LIMIT_CPUS] = LIMIT_BY_AFFINITY,       [LIMIT_TIME] = LIMIT_BY_LAUNCHER,
        [LIMIT_FILE_SIZE] = LIMIT_BY_PROCESS,   [LIMIT_OPEN_FILES] = LIMIT_BY_PROCESS,
    };
    for (int i = 0; i < LIMITS; i++) {
        held->by[i] = asked[i] != 0 ? weakest[i] : LIMIT_BY_NOTHING;
    }
    hold_by_group(held);
    return 0;
}

int limits_hold(const struct limits *limits, struct limits_held **ret_held, struct err *err)
{
    struct limits_held *held = xcalloc(1, sizeof(*held));
    held->asked = *limits;
    if (hold(held, err) < 0) {
        limits_release(held);
        return -1;
    }
    *ret_held = held;
    return 0;
}

bool limits_ended_by(int wait_status, int signal)
{
    return WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) == signal
                                    : WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 128 + signal;
}

static void look_at_memory(struct limits_held *held)
{
    const struct cgroup *group = &held->group;
    bool second = group->version == 2;
    held->has_peak =
        cgroup_read(group, CGROUP_MEMORY, second ? "memory.peak" : "memory.max_usage_in_bytes", &held->peak_memory);
    if (held->by[LIMIT_MEMORY] == LIMIT_BY_CGROUP) {
        (void)cgroup_read_key(group, CGROUP_MEMORY, second ? "memory.events" : "memory.oom_control", "oom_kill",
                              &held->killed_processes);
        held->hit[LIMIT_MEMORY] = held->killed_processes > 0;
    }
}

void limits_look(struct limits_held *held, int wait_status)
{
    look_at_memory(held);
    if (held->by[LIMIT_PIDS] == LIMIT_BY_CGROUP) {
        (void)cgroup_read_key(&held->group, CGROUP_PIDS, "pids.events", "max", &held->refused_processes);
        held->hit[LIMIT_PIDS] = held->refused_processes > 0;
    }
    held->hit[LIMIT_FILE_SIZE] = held->asked.value[LIMIT_FILE_SIZE] != 0 && limits_ended_by(wait_status, SIGXFSZ);
}

void limits_let_go(struct limits_held *held)
{
    cpus_release(&held->cpus);
    if (held->group.parts > 0) {
        cgroup_close(&held->group);
    }
}

void limits_release(struct limits_held *held)
{
    if (held != NULL) {
        limits_let_go(held);
        free(held->no_group);
        free(held->path);
        free(held);
    }
}
