/* SPDX-License-Identifier: BSD-2-Clause
 *
 * init: the first process inside. Builds the sandbox stage by stage, starts the command, then is PID 1: reaps, passes
 * signals on, and reports how the command ended. The stages are told in init.c.
 */
#pragma once

#include <sys/types.h>

#include "sandbox/launch.h"
#include "sandbox/plan.h"

/* What init needs to know of the launcher. */
struct init_context {
    const struct plan *plan;
    const struct launch_company *company; /* never NULL */
    const struct limits_held *limits;     /* NULL: none */
    int channel;                          /* init's end */
    int launcher_end; /* to be closed by init: while it is open here, the launcher's death would go unseen */
    /* The command is a process of its own before it executes, with memory of its own, so that only it can be seen by
     * the recorder of an ordinary user: not this process. */
    bool own_memory;
    uid_t outer_uid;
    gid_t outer_gid;
};

/* Runs in the new process; never returns. All signals are blocked on entry. */
void init_main(const struct init_context *context) __attribute__((noreturn));
