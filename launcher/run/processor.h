/* SPDX-License-Identifier: BSD-2-Clause
 *
 * processor: what this machine computes with: model, features, level of the x86-64 psABI, and how many CPUs this
 * process may use.
 */
#pragma once

#include <stdint.h>

#include "base/strlist.h"

/* *ret_model NULL when the processor does not name itself; *ret_level "x86-64-v3", NULL on other machines; to
 * *ret_flags those features that libraries choose their code by, in the words of /proc/cpuinfo. */
void processor_read(char **ret_model, char **ret_level, struct strlist *ret_flags);
/* 1 to 4; 0 on other machines. A few cpuid instructions, 0.1 ms in a virtual machine. */
unsigned processor_level(void);

/* The CPUs that this process may use: its affinity (sched_setaffinity(2)), and no more than its control group grants
 * (cpu.max, in whole CPUs, rounded up). */
uint64_t processor_count(void);
/* The content of a cpu.max, "200000 100000", in CPUs; 0 for "max 100000" and for anything else. */
uint64_t processor_quota(const char *cpu_max);
