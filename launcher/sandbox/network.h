/* SPDX-License-Identifier: BSD-2-Clause
 *
 * network: a network namespace with only a loopback interface.
 *
 * Making one is the dearest step of a launch (0.4 ms of 1.5), so a child of init makes it while init builds the root
 * on the other CPU; init then joins it. Source: network_namespaces(7), setns(2).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Stays where it is from network_begin() to network_join(): the child, which shares the memory, answers in it. */
struct network_making {
    pid_t child;
    int namespace;    /* a descriptor; -1: not made */
    const char *step; /* that failed; NULL: none */
    int failure;      /* errno of it */
    bool explained;   /* host_explain() knows the step */
};

/* In a process that has all rights in its user namespace. */
int network_begin(struct network_making *making, struct err *err);
/* Waits for the child and makes its namespace that of this process. */
int network_join(struct network_making *making, struct err *err);
