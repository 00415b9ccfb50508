/* SPDX-License-Identifier: BSD-2-Clause
 *
 * view: what /proc and /sys tell of the host inside. A fresh proc shows only the run's processes, but beside them the
 * figures of the whole host; files and folders of ours are bound over those.
 *
 * Fixed: load, uptime, CPU times, memory in use: they would differ from run to run, and tell what others do. The memory
 * that there is, and the CPUs that the run may use, are as they are: programs size themselves by them. Empty: lists of
 * kernel addresses, keys, interrupts and devices. What stays to be seen is in docs/SECURITY.md.
 *
 * An unprivileged mount can cover what is there and add nothing. sysinfo(2) and clock_gettime(2) tell load and uptime
 * still: no mount is in their way. /sys is empty, so that C libraries count the CPUs in /proc/stat.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "sandbox/limits.h"

enum { VIEW_CPUS_MOST = 8192 };

struct view {
    bool root; /* the caller is uid 0 of the host: owner of all in /proc */
    bool bare; /* nothing is covered for an ordinary user: the kernel mounts no second proc beneath a covered one */
    bool some; /* the run may not use all CPUs that are online, so /proc/cpuinfo has to be cut */
    uint64_t memory;                                                  /* bytes that it may use; 0: all there is */
    unsigned long cpus[VIEW_CPUS_MOST / (8 * sizeof(unsigned long))]; /* that it may use */
};

/* While the host is in sight. `limits` may be NULL. Sets all but `bare`. */
void view_gather(struct view *view, bool root, const struct limits_held *limits);

/* Makes what covers parts of /proc, in `folder`, which is on a tmpfs of ours. `proc` is a proc of this PID namespace.
 */
int view_make(const struct view *view, const char *folder, const char *proc, struct err *err);

/* Covers parts of the proc mounted at `proc`, where they are there, by what view_make() has made. `folder` has become a
 * read-only mount: what is bound out of it is read-only without a call more. For uid 0, whatever an ordinary user could
 * not read in /proc is covered as well, and what it could write there beside its processes is bound read-only, since
 * those files ask for the owner and not for a capability: out of `frozen_proc`, a read-only mount of the same proc. The
 * names in /proc that were covered are added to `covered`. */
int view_cover(const struct view *view, const char *folder, const char *frozen_proc, const char *proc,
               struct strlist *covered, struct err *err);
