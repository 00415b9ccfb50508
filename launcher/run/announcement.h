/* SPDX-License-Identifier: BSD-2-Clause
 *
 * announcement: what a launcher keeps open while its run lasts, so that others find out which runs there are: a memory
 * file with a known name and a few facts as JSON, which /proc/PID/fd shows to the same user and to root.
 *
 * No folder has to be there for it and no daemon, and it cannot be left over: it is gone when its launcher is, however
 * that ended. The facts are claims of a process that may be anybody's; run/running.h says which of them are checked
 * against what the kernel tells. Sealed (memfd_create(2), F_ADD_SEALS) so that what was read once stays true. Only
 * growing is allowed: each `sciwrap enter` adds one byte, and the launcher learns at the end how often its run was
 * entered.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "run/manifest.h"
#include "run/project.h"
#include "sandbox/launch.h"
#include "sandbox/plan.h"

#define ANNOUNCEMENT_SCHEMA "sciwrap-running/1"
#define ANNOUNCEMENT_NAME   "sciwrap-run"
/* The name of every launcher's process while its run lasts, whatever its file is called: /proc/PID/comm tells quickly
 * which processes are worth a look. */
#define ANNOUNCEMENT_COMM "sciwrap"

enum { ANNOUNCEMENT_MOST = 4 << 20 };

struct announcement {
    char id[RUN_ID_LENGTH + 1]; /* a new one when the run has no record */
    bool recorded;
    char *environment;
    char *artifact; /* 64 hexadecimal digits */
    struct strlist command;
    char *project; /* host path of .sciwrap; NULL: none */
    char *workdir; /* host path */
    int64_t started_ns;
    pid_t host_pid; /* of PID 1, in the PID namespace of the launcher */
    uint64_t namespace[LAUNCH_NAMESPACES];
    bool complete;      /* inside is known: a very large environment is left out */
    struct plan inside; /* of the plan: what another process in the same run needs */
};

/* Makes the file for the launcher to keep; the descriptor, close-on-exec, or -1: this kernel has no such files, or no
 * memory is left; the run is then one that nobody finds. Names the calling process ANNOUNCEMENT_COMM. */
int announcement_make(const struct manifest *manifest, const struct plan *plan, const char *project,
                      const struct launch_result *launched);
/* How often the run was entered, from the launcher's descriptor (-1: 0). */
uint64_t announcement_entered(int fd);

/* The announcement that the process holds, as a descriptor, or -1: it holds none, or may not be asked. Opens nothing
 * but memory files, whatever names the process gives to its descriptors. */
int announcement_open(pid_t launcher, bool for_entering);
/* Bounded, and every member checked; -1 with ERR_INVALID for anything else. The caller releases it in both cases. */
int announcement_read(struct announcement *announcement, int fd, struct err *err);
int announcement_parse(struct announcement *announcement, const char *bytes, size_t length, struct err *err);
void announcement_release(struct announcement *announcement);
/* One entry more; `fd` of announcement_open(..., true). */
int announcement_count_entry(int fd, struct err *err);
