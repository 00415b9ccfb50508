/* SPDX-License-Identifier: BSD-2-Clause
 *
 * circumstances: what merely happened while a run ran: times, host, processor, resources, numbers of namespaces. None
 * of it defines the experiment; a comparison of runs leaves it out.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/strlist.h"
#include "run/job.h"
#include "sandbox/launch.h"

enum { BOOT_ID_SIZE = 37 };

struct circumstances {
    struct launch_result launch; /* owned; times, resources, namespaces, PID */
    char *host_name;
    char *kernel;  /* "Linux 6.1.0-18-amd64 #1 SMP ..." */
    char *machine; /* "x86_64" */
    char *cpu_model;
    char *cpu_level;          /* "x86-64-v3"; NULL on other machines */
    struct strlist cpu_flags; /* those that libraries choose their code by, in the words of /proc/cpuinfo */
    uint64_t cpu_count;       /* that this run could use */
    uint64_t memory_bytes;
    uid_t uid;
    gid_t gid;
    char *author;               /* who ran it, by the config (cite.name); NULL: not said */
    char *orcid;                /* the same person, by cite.orcid */
    char *workdir;              /* host path */
    char boot_id[BOOT_ID_SIZE]; /* of the kernel that the numbers of processes and namespaces belong to (random(4)); ""
                                   unknown */
    uint64_t entered;           /* how many commands were started in the run from outside (sciwrap enter) */
    struct job job;             /* of a batch system */
    struct strlist variables_dropped; /* names of the caller's variables that the command did not get (run/variables) */
};

/* Everything but `launch`. */
void circumstances_gather(struct circumstances *circumstances, const char *workdir);
/* The name that the kernel gave to the time since it started; "" when it does not say. */
void circumstances_read_boot_id(char boot_id[BOOT_ID_SIZE]);
void circumstances_release(struct circumstances *circumstances);

/* "2026-03-01T12:00:00.123456789Z" (RFC 3339); caller frees. */
char *circumstances_time(int64_t ns);
