/* SPDX-License-Identifier: BSD-2-Clause
 *
 * attempt: one try at one wall, and what came of it. sciwrap-probe runs inside an environment as any command does and
 * carries out the tables below one after the other, each attempt in a process of its own.
 *
 * Every attempt is harmless where it succeeds: the probe is also run without any wall, to see that each attempt can
 * tell an open wall. So what would change the machine is called with arguments that the kernel refuses after it has
 * granted the right, is set to the value that it has already, or is only asked for with access(2).
 */
#pragma once

#include "probe/scene.h"

enum outcome {
    OUTCOME_HELD,    /* tried, and refused or not there */
    OUTCOME_OPEN,    /* tried, and it worked */
    OUTCOME_SHARED,  /* the host shares it by nature, or the user asked for it */
    OUTCOME_SKIPPED, /* not tried; the detail says why */
};

struct finding {
    enum outcome outcome;
    char mechanism[96]; /* what stopped it; of what is shared: what lessens it */
    char detail[240];
};

struct attempt {
    const char *wall; /* "processes" */
    const char *name; /* "signal": unique within the wall, for programs */
    const char *text; /* for people */
    void (*act)(const struct scene *scene, const struct attempt *attempt, struct finding *finding);
    long call[7];          /* of attempt_call: number and arguments */
    const char *asked_by;  /* the option of a run that opens this wall on purpose, as scene.asked names it; or NULL */
    const char *only_with; /* in a run of its own, which it may not survive or which has to be another one; or NULL */
};

/* What stops an attempt, in the words of the table. */
#define BY_SECCOMP    "seccomp"
#define BY_CAPABILITY "no capability"
#define BY_NO_NEW     "no-new-privileges"
#define BY_USER       "user namespace"
#define BY_PID        "PID namespace"
#define BY_MOUNT      "mount namespace"
#define BY_NETWORK    "network namespace"
#define BY_IPC        "IPC namespace"
#define BY_FLAGS      "mount flags"
#define BY_OWNER      "file permissions"
#define BY_LANDLOCK   "Landlock"
#define BY_LOCKED     "locked mounts"
#define BY_LIMIT      "limit"
#define BY_KERNEL     "kernel"

void found(struct finding *finding, enum outcome outcome, const char *mechanism, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Held, by `mechanism` or, where that is NULL, by what this error means in the scene. */
void found_held(const struct scene *scene, struct finding *finding, int errnum, const char *mechanism);
/* Of a call that the filter or the lack of rights refuses: EPERM, EACCES and ENOSYS hold; success and every other error
 * mean that the kernel went to work. `result` as system calls return it, errno set when negative. */
void found_by_call(const struct scene *scene, struct finding *finding, long result);
/* found_by_call() of attempt->call. */
void attempt_call(const struct scene *scene, const struct attempt *attempt, struct finding *finding);

/* Tables, each ends in a row without a wall. */
extern const struct attempt attempts_on_processes[];
extern const struct attempt attempts_on_init[];
extern const struct attempt attempts_on_files[];
extern const struct attempt attempts_on_tree[];
extern const struct attempt attempts_on_mounts[];
extern const struct attempt attempts_on_namespaces[];
extern const struct attempt attempts_on_nest[];
extern const struct attempt attempts_on_rights[];
extern const struct attempt attempts_on_calls[];
extern const struct attempt attempts_on_settings[];
extern const struct attempt attempts_on_devices[];
extern const struct attempt attempts_on_network[];
extern const struct attempt attempts_on_sockets[];
extern const struct attempt attempts_on_exchange[];
extern const struct attempt attempts_on_terminal[];
extern const struct attempt attempts_on_sight[];
extern const struct attempt attempts_on_shared[];
extern const struct attempt attempts_on_limits[];
