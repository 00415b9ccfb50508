/* SPDX-License-Identifier: BSD-2-Clause
 *
 * launch: carries out a plan: create the first process in new namespaces, let it build its root, start the command,
 * forward signals, wait. See launch.c for the processes and docs/SECURITY.md for the order of the stages.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"
#include "sandbox/join.h"
#include "sandbox/limits.h"
#include "sandbox/plan.h"
#include "sandbox/signals.h"

enum { LAUNCH_NAMESPACES = 7 };

struct launch_result;

/* What the caller does beside a run. Threads may only be made from begin() on: init is a copy of this process, and a
 * lock that another thread held at that moment would never be released in it. All signals are blocked when the calls
 * below are made, and so in threads made there. */
struct launch_company {
    void *context;
    void (*begin)(void *context); /* init exists; may be NULL */
    /* Not NULL: the command is to be recorded (sandbox/recorder.h). Called before the command starts; `notify_fd` is
     * handed over, or -1: this kernel has no notifications or forbids them, `errnum` says why, and the run goes on
     * without once the call returns. -1 with `err` set: nothing is started, launch() fails. */
    int (*record)(void *context, pid_t init, int notify_fd, int errnum, struct err *err);
    /* With record: a call of the command waits at `notify_fd`; takes it. 1: the next one is to be watched for here,
     * too; 0: somebody else does from now on; -1 with `err` set: the run is ended and launch() fails. */
    int (*hear)(void *context, struct err *err);
    bool recorded; /* a record is to be written afterwards: signals wait until then (signals_hold()) */
    bool seeded;   /* with record: also getrandom(2) is answered (setup.seed) */
    /* The sandbox stands, `so_far` has its namespaces and PID 1; the command starts meanwhile, and its first call was
     * heard. May be NULL. */
    void (*ready)(void *context, const struct launch_result *so_far);
    /* A batch system has told the run to end, for the n-th time (sandbox/ending.h): nanoseconds until what has not
     * ended is killed, 0: it is not. May be NULL. */
    uint64_t (*told_to_end)(void *context, unsigned times);
    /* What the command gets as descriptors 0, 1, 2, or -1 each: what the launcher has there. Closed here once init has
     * them, so that a pipe ends when the command closes it. */
    int stdio[3];
    /* Not NULL: not the plan's command but these are started (sandbox/join.h), and what else is said here of the
     * command is meant of all of them. */
    struct join_company *ranks;
};

struct launch_result {
    int wait_status;     /* of the command, as waitpid(2) gives it; of ranks: the first that did not end well */
    struct rusage usage; /* of everything that ran inside: PID 1 has waited for all of it */
    int64_t started_ns;  /* CLOCK_REALTIME */
    int64_t ended_ns;
    int64_t elapsed_ns; /* CLOCK_MONOTONIC */
    pid_t init_pid;     /* host PID of PID 1 */
    bool unfinished;    /* launch_finish() is due */
    bool told_to_end;   /* by a batch system */
    bool killed_late;   /* it did not, and was killed by us */
    struct signals_held signals;
    /* Errno with which the host refused plan.fixed_addresses: the command's were random; else 0. */
    int random_addresses;
    int landlock;               /* ABI of the kernel, 0: none (sandbox/scope.h) */
    int private_cores;          /* 1: core scheduling is on (sandbox/cores.h) */
    bool shared_proc;           /* plan.shared_proc was needed: the host's processes can be seen, not touched */
    struct limits_held *limits; /* NULL when none was asked for; the caller's to release */
    struct {
        const char *name; /* "user", "mnt", "pid", "ipc", "uts", "net", "cgroup" */
        uint64_t number;  /* inode of /proc/PID/ns/NAME; 0 when it could not be read */
    } namespace[LAUNCH_NAMESPACES];
};

/* Runs the plan to its end. `company` may be NULL. 0 when a command was started, whatever came of it; -1 when it could
 * not be: ERR_HOST, ERR_COMMAND_ABSENT, ERR_COMMAND_DENIED, ERR_SYSTEM. Standard descriptors are those of the caller.
 */
int launch(const struct plan *plan, const struct launch_company *company, struct launch_result *ret_result,
           struct err *err);

/* launch() returns as soon as no process of the run is left but PID 1, which has ended its work; the kernel then still
 * takes the namespaces down, 0.3 ms. Waits for that where something is to be done afterwards (a control group removed)
 * or where nobody else would reap PID 1; elsewhere it is left to the first process of the host. To be called last,
 * after a launch that succeeded; again is harmless. */
void launch_finish(struct launch_result *result);

/* Whether a batch system told the run to end just when its command ended, or ended it by that: to be asked when the
 * record is about to be written, of a run that was not told before. */
bool launch_told_late(const struct launch_result *result);

/* The exit status for the shell: the command's own, 128+n when signal n ended it, or 124 when its time was over. */
int launch_exit_code(const struct launch_result *result);
