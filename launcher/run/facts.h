/* SPDX-License-Identifier: BSD-2-Clause
 *
 * facts: what the planner must know of the host and the caller, gathered once, so that planning itself touches nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strlist.h"
#include "env/definition.h"
#include "run/job.h"

struct facts {
    char *workdir; /* host path of the work directory */
    uid_t uid;
    gid_t gid;
    mode_t umask;
    char *hostname;           /* of the host; NULL when it is not a plain name */
    char *user;               /* the caller's login name as $USER or $LOGNAME has it; NULL: no plain name there */
    char *zone;               /* the time zone of the host, "Europe/Berlin"; NULL when it is not to be had */
    bool on_terminal;         /* one of the standard descriptors is a terminal */
    uint64_t cpus;            /* that this process may use, and of the job it is in */
    struct job job;           /* of a batch system */
    bool shared_proc;         /* $SCIWRAP_PROC is "shared": plan.shared_proc */
    char *const *environment; /* the caller's, "NAME=value", ends in NULL; borrowed, NULL: none */
    char *resolv_conf;        /* content of the host's /etc/resolv.conf, NULL until facts_need_network() */
    struct strlist hidden;    /* host paths of record folders: covered wherever a bind would show them */
};

/* Everything but resolv_conf and hidden. ERR_SYSTEM when there is no current directory, ERR_USAGE when it is "/": bound
 * into the sandbox it would bring in the whole host. */
int facts_gather(struct facts *facts, struct err *err);
/* The cpus and the job, out of the environment: a part of facts_gather() for who needs no more. */
void facts_need_cpus(struct facts *facts);
/* shared_proc. ERR_USAGE when $SCIWRAP_PROC is no value of it. */
int facts_find_proc(struct facts *facts, struct err *err);
/* Name servers are looked up in a file that belongs to the network, not to the image. */
void facts_need_network(struct facts *facts);
/* Adds the record folder directly in `directory`, if there is one. */
void facts_hide_records_of(struct facts *facts, const char *directory);
void facts_release(struct facts *facts);
