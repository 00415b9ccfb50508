/* SPDX-License-Identifier: BSD-2-Clause
 *
 * options: what the caller asked of one run, checked. The text of an option in, a field out; paths are made absolute
 * here, and this is the only place that looks at them on the disk before the planner.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/strlist.h"
#include "env/verify.h"
#include "run/join_step.h"
#include "run/setup.h"

struct run_options {
    struct bind_list binds;
    struct strlist inputs;    /* absolute host paths, files or directories */
    struct strlist variables; /* "NAME=value" */
    char *workdir;            /* absolute path inside, or NULL */
    bool has_network;
    enum network network;
    struct strlist no_fix; /* texts that fix_parse() takes, to be applied to the definition's set in this order */
    bool has_baseline;
    unsigned cpu_baseline; /* 0: none */
    bool has_seed;
    uint64_t seed;
    char *manifest; /* where a copy of the manifest goes, or NULL */
    bool has_keep_limit;
    uint64_t keep_limit; /* bytes of one content */
    bool has_verify;
    enum verify_level verify;
    struct strlist devices;     /* names (env/device_name.h) */
    struct strlist cdi_folders; /* absolute: more folders of specifications */
    struct limits limits;
    unsigned has_limit;    /* a set of 1 << LIMIT_...: those that were said, also "none" */
    struct join_wish join; /* whose sandbox is shared */
    bool dry_run;
    bool no_auto_bind;
    bool no_record;
    bool writable;
    bool nested;
    bool private_cores;
    bool no_devices; /* not those of the definition either */
};

/* SRC[:DST][:ro|rw]. SRC against `cwd`; it must exist. Read-only unless asked. */
int options_add_bind(struct run_options *options, const char *cwd, const char *text, struct err *err);
int options_add_input(struct run_options *options, const char *cwd, const char *text, struct err *err);
/* NAME=value; a bare NAME is refused: what the caller's environment holds is not part of the command line that the
 * next person reads. */
int options_add_variable(struct run_options *options, const char *text, struct err *err);
int options_set_workdir(struct run_options *options, const char *text, struct err *err);
int options_set_network(struct run_options *options, const char *text, struct err *err);
/* NAME[,NAME...], more with each call. */
int options_add_no_fix(struct run_options *options, const char *text, struct err *err);
int options_set_cpu_baseline(struct run_options *options, const char *text, struct err *err);
int options_set_seed(struct run_options *options, const char *text, struct err *err);
/* A number of bytes; k, M, G or T behind it for thousands, millions and so on. */
int options_set_keep_limit(struct run_options *options, const char *text, struct err *err);
int options_set_verify(struct run_options *options, const char *text, struct err *err);
/* --NAME TEXT for a limit. */
int options_set_limit(struct run_options *options, enum limit limit, const char *text, struct err *err);
/* --gpu, --device and --cdi-dir; `value` NULL for the first. */
int options_add_device(struct run_options *options, const char *value, struct err *err);
int options_add_cdi_folder(struct run_options *options, const char *cwd, const char *text, struct err *err);
/* The devices that a run asks for: those of the definition, unless there is a --device none, and of the options. */
void options_devices(const struct run_options *options, const struct definition *def, struct strlist *ret_names);
/* True for places inside that make up the sandbox itself: covering one would take a wall away. */
bool options_is_reserved(const char *target);
void run_options_release(struct run_options *options);
