/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host_processes: the processes of this host as /proc shows them to the caller, at one moment: who is whose parent, and
 * which number a process has in which PID namespace (proc(5), pid_namespaces(7)). A /proc that was mounted with
 * hidepid shows only some.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { PID_LEVELS_MOST = 33 }; /* MAX_PID_NS_LEVEL of the kernel, and the outermost */

struct host_process {
    pid_t pid; /* as the caller's /proc numbers it */
    pid_t parent;
    uid_t uid;                     /* real */
    bool plain_uid;                /* the effective, saved and file system uid are the same */
    int levels;                    /* how many PID namespaces it has a number in, of those that the caller can see */
    pid_t number[PID_LEVELS_MOST]; /* number[0] is pid; the innermost last */
    uint64_t rss_bytes;
    char name[64]; /* comm; control characters are escaped by the kernel */
};

struct host_processes {
    struct host_process *item; /* sorted by pid */
    size_t count;
    size_t capacity;
};

int host_processes_read(struct host_processes *processes, struct err *err);
/* One of them anew; false when it is gone or hidden. */
bool host_process_read(pid_t pid, struct host_process *ret_process);
const struct host_process *host_processes_find(const struct host_processes *processes, pid_t pid);
/* Whether `ancestor` is the process itself or above it. */
bool host_processes_descends(const struct host_processes *processes, const struct host_process *process,
                             pid_t ancestor);
void host_processes_release(struct host_processes *processes);

/* Fields of one text of status, for tests; false when it is none. */
bool host_process_parse(const char *status, pid_t pid, struct host_process *ret_process);

/* The number of a namespace of the process ("pid", "user"); 0 when the caller may not know. */
uint64_t host_process_namespace(pid_t pid, const char *name);
/* When it was started, in clock ticks since the boot: with the PID, one process and no other; 0 when it is gone. */
uint64_t host_process_start(pid_t pid);
/* What it executes, the arguments with blanks between, at most 4096 bytes; its name in [ ] when it shows none. Not
 * escaped. Caller frees. */
char *host_process_command(const struct host_process *process);
/* "/user.slice/..." of cgroup v2, else of the memory controller; caller frees, NULL when it is not shown. */
char *host_process_cgroup(pid_t pid);
