/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join: several commands in one sandbox: the ranks of a parallel program on one node. All are children of PID 1, forks
 * of it with the system call filter, the Landlock domain and the control group that it has: they share memory, attach
 * to each other (process_vm_readv(2)) and signal each other, and one recorder hears of all of them.
 *
 * A process that joins by setns(2) (sandbox/enter.h) cannot have that: it is in a Landlock domain of its own, which
 * keeps siblings from attaching, and a filter of its own has a listener of its own.
 *
 * None of them executes before all of them are ready, and only until then are they traceable; see join.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strlist.h"

enum { JOIN_RANKS_MOST = 1024, JOIN_CPU_BYTES = 1024 };

struct join_rank {
    struct strlist argv;
    struct strlist environment;         /* "NAME=value", the whole of it */
    int stdio[3];                       /* of the launcher, above 2; closed there once init has them */
    int passed;                         /* a socket of whoever started the ranks, above 2, or -1 */
    int passed_as;                      /* the number that it has in the command */
    size_t cpus_size;                   /* of `cpus`; 0: those of the launcher */
    unsigned char cpus[JOIN_CPU_BYTES]; /* that it may use, as sched_setaffinity(2) takes them */
    bool there;                         /* of join_take() */
};

struct join_order {
    int rank; /* index; -1: all */
    int signal;
    bool once; /* unless it has reached the command already (sandbox/signals.h) */
};

struct join_end {
    int wait_status;
    struct rusage usage; /* of the command and what it has waited for */
    pid_t pid;           /* inside */
};

/* What the launcher does with several commands. Called by launch() on its thread. */
struct join_company {
    void *context;
    struct join_rank *rank;
    size_t count; /* 1 to JOIN_RANKS_MOST */
    int orders;   /* readable (poll(2)): order() is due */
    /* True: *ret_order is to be carried out, and there may be more; false: no more for now. */
    bool (*order)(void *context, struct join_order *ret_order);
    /* A rank is there and waits; `memory` is its, for the recorder (recorder_expect()), or -1; handed over. */
    void (*ready)(void *context, size_t rank, pid_t pid, int memory);
    void (*failed)(void *context, size_t rank, const struct err *why); /* it could not execute its command */
    void (*ended)(void *context, size_t rank, const struct join_end *end);
    size_t waiting; /* of join_take(): ranks that are there */
};

struct init_context;
struct message;

/* In init, instead of starting a command: starts all, then is PID 1 until the last has ended. `signals` is a
 * signalfd(2) of SIGCHLD. */
void join_serve(const struct init_context *context, int signals) __attribute__((noreturn));
/* Room that join_keep() needs. */
size_t join_count_kept(const struct join_company *company);
/* The descriptors of all ranks, those that are not there as -1; returns how many. */
size_t join_keep(const struct join_company *company, int *keep);
/* In the launcher, all of them. A message about a rank, with the descriptor that came along, taken over. */
void join_take(struct join_company *company, int channel, const struct message *message, int fd);
/* What company->order() says, to init. */
void join_pass_orders(const struct join_company *company, int channel);
/* Once init has them. */
void join_close(struct join_company *company);
