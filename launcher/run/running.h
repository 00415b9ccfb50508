/* SPDX-License-Identifier: BSD-2-Clause
 *
 * running: the runs that are going on, found by what their launchers announce (run/announcement.h) and held against
 * what the kernel says.
 *
 * An announcement is only a claim: any process can make one up. It counts when its process has a child that is PID 1 of
 * a PID namespace one below its own, that is the claimed one, and both belong to the same user and to nobody else. A
 * claim can therefore only ever be about processes of whoever made it: a user can lead root to a process of his own,
 * and to no other. Names and numbers for people that remain (environment, command, time) are whatever he wrote.
 *
 * An ordinary user sees his own runs, root those of all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/announcement.h"
#include "run/host_processes.h"

struct running {
    struct announcement facts;
    struct host_process launcher;
    pid_t init;              /* PID 1 of the run as the caller's /proc numbers it */
    bool init_seen;          /* false: /proc hides it (hidepid) */
    uint64_t init_start;     /* host_process_start(); 0 when it is not seen */
    uint64_t user_namespace; /* of its commands, as the kernel says when it may be asked, else as announced */
    uint64_t pid_namespace;
    char *cgroup; /* NULL: not shown */
    int64_t age_ns;
    uint64_t memory_bytes; /* that its processes have resident; what several share counts for each */
    size_t process_count;
};

struct running_list {
    struct running *item; /* the oldest first */
    size_t count;
    struct host_processes processes;
};

int running_read(struct running_list *list, struct err *err);
void running_release(struct running_list *list);

/* A full or shortened ID to its run; ERR_NOT_FOUND, or ERR_USAGE with the matches when there are several. Borrowed;
 * NULL on error. */
const struct running *running_find(const struct running_list *list, const char *id, struct err *err);
/* The run that the process belongs to, as launcher, as a process of it, or as one that entered it; NULL: none. */
const struct running *running_of(const struct running_list *list, const struct host_process *process);
/* The number that a process of the run has inside; 0 when it has none there (the launcher). */
int running_inner_pid(const struct running *run, const struct host_process *process);
/* The process that is the run's command: the first child of PID 1. NULL when it has not started, or ends. */
const struct host_process *running_command(const struct running_list *list, const struct running *run);
/* Whether the launcher and PID 1 are still those that were found. To be asked after a pidfd of each was opened: then
 * the descriptors are those of the right processes. */
bool running_is_still(const struct running *run);
