/* SPDX-License-Identifier: BSD-2-Clause
 *
 * device: the /dev of a run: six harmless nodes of the host, those that its plan names, pseudo-terminals and shared
 * memory of its own.
 *
 * Nodes are opened on the host and checked for type and number before the root changes; they come in by descriptor. A
 * user namespace may not make nodes (mknod(2), EPERM), hence binds.
 */
#pragma once

#include "base/err.h"
#include "sandbox/plan.h"

enum { DEVICE_COUNT = 6 };

struct device_set {
    int fd[DEVICE_COUNT]; /* O_PATH; 0 means not open, as standard input is never one */
    int terminal;         /* the caller's terminal, O_PATH; -1 when there is none */
    const struct plan *plan;
    int *planned; /* O_PATH, one for each device of the plan, -1 not open; NULL: there are none */
};

/* `plan` must live until device_close(). */
int device_open(struct device_set *set, const struct plan *plan, struct err *err);
/* Makes the directory `place` (a path of ours) and in it a read-only tmpfs with the nodes, the usual links, pts, ptmx
 * and shm, and the terminal as `console`. Nothing of an image is involved, so it is done before the root changes, and
 * then moved in one piece. */
int device_build(const struct device_set *set, const char *place, struct err *err);
void device_close(struct device_set *set);
