/* SPDX-License-Identifier: BSD-2-Clause
 *
 * setup: what an experiment is before it starts: which environment, which command, in which setting. Plain data. It is
 * made from a definition and options (run/planner) or read back from a manifest, and is written into the manifest in
 * the same words: this is what makes a rerun the same run.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/strlist.h"
#include "env/definition.h"
#include "env/fix.h"
#include "env/store.h"
#include "run/devices.h"

#define SETUP_HOSTNAME "sciwrap"
#define SETUP_USER     "researcher"
#define SETUP_UMASK    022
/* What a JSON number holds everywhere. */
#define SETUP_SEED_MOST INT64_MAX
/* The folder that holds the records of runs; never visible inside. */
#define SETUP_RECORDS ".sciwrap"

enum bind_origin {
    BIND_ASKED, /* --bind */
    BIND_INPUT, /* --input of something that would not be visible inside otherwise */
    BIND_AUTO,  /* because a path was named among the arguments */
    BIND_WORK,  /* the work directory once more, at the path it has on the host */
};

struct bind {
    char *source; /* host path; a circumstance, not part of the experiment */
    char *real;   /* the same without links (run/bind_source); NULL: not looked up */
    char *target; /* path inside */
    bool read_only;
    bool is_directory;
    enum bind_origin origin;
};

struct bind_list {
    struct bind *item;
    size_t count;
    size_t capacity;
};

/* Copies the texts; the new element is borrowed until the next one is added. */
struct bind *bind_add(struct bind_list *list, const char *source, const char *target);
void bind_list_release(struct bind_list *list);
/* "asked", "input", "auto", "work"; and back (false for anything else). */
const char *bind_origin_name(enum bind_origin origin);
bool bind_origin_from_name(const char *name, enum bind_origin *ret_origin);

/* The pin of an environment. */
struct setup_environment {
    char *name;
    struct digest artifact;
    uint64_t size; /* of the artifact; 0 when the definition does not say */
    struct digest tree;
    uint64_t entries;
    struct changes changes; /* what was left out of the tree or changed in it */
    bool has_tar;
    struct digest tar;
    char *recipe; /* NULL when there is none */
    /* The definition that it came from, as it was: a circumstance. NULL when it is not known. */
    char *definition_path;
    char *definition_text;
};

struct setup {
    struct setup_environment environment;
    struct strlist argv;
    char *workdir;            /* path inside at which the work directory is and the command starts */
    struct strlist variables; /* "NAME=value", sorted: the whole environment of the command */
    enum network network;
    enum identity identity;
    uid_t uid; /* inside */
    gid_t gid;
    mode_t umask;
    char *home; /* path inside */
    char *user; /* login name inside */
    char *hostname;
    bool writable;
    bool nested;        /* namespaces may be made inside */
    bool private_cores; /* a circumstance: a rerun does not ask for it */
    struct bind_list binds;
    unsigned no_fix; /* a set of env/fix.h: for what the host's own was let through, which the rest above then is */
    uint64_t cpus;   /* that the run was to use: what the variables for threads say; 0: not known */
    unsigned cpu_baseline; /* level that libraries choose their code for, 2 to 4; 0: that of the processor */
    struct limits limits;  /* of the definition and the options */
    bool has_seed;
    struct devices devices;
    uint64_t seed; /* of what getrandom(2) and /dev/urandom give; at most SETUP_SEED_MOST */
};

void setup_release(struct setup *setup);

/* What may be a host name (at most 64 bytes, as sethostname(2) takes) or a login name: both become lines of files
 * inside, /etc/hosts and /etc/passwd, and both may come from outside. */
bool setup_is_host_name(const char *name);
bool setup_is_user_name(const char *name);

/* Sets NAME to a value, in place when it is there. `assignment` is "NAME=value". */
void setup_set_variable(struct strlist *variables, const char *assignment);

/* "none", "host"; "researcher", "caller", "root". */
const char *setup_network_name(enum network network);
bool setup_network_from_name(const char *name, enum network *ret_network);
const char *setup_identity_name(enum identity identity);
bool setup_identity_from_name(const char *name, enum identity *ret_identity);
