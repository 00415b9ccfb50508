/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cpus: which CPUs a run gets that may use only some: cores of its own before sibling threads of one core, those of one
 * NUMA node first, and not those that another run on this host was given.
 *
 * Runs know of each other by abstract unix sockets, one a CPU: whoever has bound the name has the CPU, and the kernel
 * takes the name back when the launcher is gone, however it ended. It is a courtesy between runs and no wall: when all
 * are taken, CPUs are shared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CPUS_MOST = 8192 }; /* NR_CPUS at its largest */

struct cpu {
    unsigned number;
    unsigned node;   /* NUMA node */
    unsigned core;   /* lowest number among the threads of its core */
    unsigned thread; /* which thread of its core it is, from 0 */
    bool taken;      /* by another run */
};

struct cpus {
    unsigned long bits[CPUS_MOST / (8 * sizeof(unsigned long))]; /* as sched_setaffinity(2) takes them */
    size_t count;
    int *claim; /* descriptors of the sockets; released with it */
    size_t claims;
};

/* Sorts the CPUs, the best choice first. `apart` differs between runs: where a run begins among CPUs that are taken. */
void cpus_order(struct cpu *cpu, size_t count, unsigned apart);

/* Chooses `wanted` of the CPUs that this process may use, or all of them when there are fewer. False when they are not
 * to be known. */
bool cpus_choose(size_t wanted, struct cpus *ret_cpus);
/* "0-3,8" as the kernel writes lists of CPUs; caller frees. */
char *cpus_text(const struct cpus *cpus);
/* Calls take() for each number of such a list, in order; false when the text is none. A list in a file of the kernel
 * ends with a line end. */
bool cpus_parse(const char *text, void (*take)(void *context, unsigned number), void *context);
/* Makes them the only ones of the calling thread and of what it starts. Sets errno when -1. */
int cpus_pin(const struct cpus *cpus);
void cpus_release(struct cpus *cpus);
