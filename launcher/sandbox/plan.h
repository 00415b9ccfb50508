/* SPDX-License-Identifier: BSD-2-Clause
 *
 * plan: everything that the sandbox needs to start one process, fully resolved: plain data, made by run/planner.
 *
 * A path is either a host path (`source`, `rootfs`, `scratch`) or a path inside (`target`, `workdir`); both absolute
 * and normal.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/limits.h"
#include "base/strlist.h"

enum plan_mount_kind {
    PLAN_BIND,  /* a file or directory of the host, nosuid and nodev */
    PLAN_TMPFS, /* empty, in memory, writable unless read_only; what the plan has beneath is put there all the same */
    PLAN_PROC,  /* a fresh proc of the new PID namespace; see shared_proc */
    PLAN_DEV,   /* null zero full random urandom tty, own pts, and shm */
    PLAN_FILE,  /* a read-only file with `content` */
};

struct plan_mount {
    enum plan_mount_kind kind;
    char *source; /* PLAN_BIND */
    bool exact;   /* `source` has no links in it; when one is there after all, nothing is started */
    char *target;
    char *content; /* PLAN_FILE */
    bool read_only;
};

/* A character device of the host, beside those that every run has. */
struct plan_device {
    char *source; /* host path without links */
    char *target; /* inside: below /dev */
    unsigned major, minor;
};

/* A symbolic link, in a folder that is made for it where there is none. */
struct plan_link {
    char *target; /* where it is */
    char *text;
};

struct plan {
    char *rootfs;  /* host path of the unpacked tree; mounted read-only, never written */
    char *scratch; /* host path of a private folder of this run; the layer of `writable` lives in it */
    bool writable; /* a layer over the rootfs, thrown away at the end: scratch/upper and scratch/work */
    struct plan_mount *mount;
    size_t mount_count;
    size_t mount_capacity;
    struct plan_device *device;
    size_t device_count;
    struct plan_link *link; /* made when all mounts are there */
    size_t link_count;

    struct strlist argv;
    struct strlist environment; /* "NAME=value", the whole of it */
    char *workdir;
    char *hostname;
    uid_t inner_uid; /* what the caller's uid and gid are inside */
    gid_t inner_gid;
    mode_t umask;         /* of the command */
    bool fixed_addresses; /* no randomisation of the address space, for the command and all that it starts */
    struct limits limits; /* what the command and all that it starts may use (sandbox/limits.h) */
    bool nested;          /* it may make namespaces inside; /proc is then not covered (sandbox/view.h) */
    bool private_cores;   /* other runs are kept off the sibling threads of its processors (sandbox/cores.h) */
    bool shared_proc;     /* where the kernel gives no fresh proc, that of this host, or container, will do */
    bool network_host;    /* else an own network namespace with only a loopback interface */
};

/* Borrowed until the next one is added. Mounts are made in the order of their targets' appearance here. */
struct plan_mount *plan_add_mount(struct plan *plan, enum plan_mount_kind kind, const char *target);
struct plan_mount *plan_add_bind(struct plan *plan, const char *source, const char *target, bool read_only);
void plan_add_file(struct plan *plan, const char *target, const char *content);
void plan_add_device(struct plan *plan, const char *source, const char *target, unsigned major, unsigned minor);
void plan_add_link(struct plan *plan, const char *target, const char *text);
/* Where a command without '/' is looked for: PATH of the plan's environment. */
const char *plan_search_path(const struct plan *plan);
void plan_release(struct plan *plan);
