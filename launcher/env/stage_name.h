/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stage_name: what the folders under tmp/ are called in which trees are put together (supply/stage.h), and whether the
 * process that made one is gone. The name says what a lock cannot where locks are absent, unknown to other machines, or
 * lies: stage.RANDOM.BOOT.PIDNS.PID.START.N@HOST.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* A new name for this process. Caller frees; NULL with err. */
char *stage_name_new(struct err *err);
/* Whether `name` is one at all, of whatever process. */
bool stage_name_is(const char *name);

enum stage_life {
    STAGE_LIVES,
    STAGE_DEAD,        /* its process ended, on this machine and since its start */
    STAGE_OF_OUR_HOST, /* of a machine with our name, which may be this one */
    STAGE_NOT_KNOWN,
};

/* What the name tells of the process that made it. */
enum stage_life stage_name_life(const char *name);
