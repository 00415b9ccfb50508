/* SPDX-License-Identifier: BSD-2-Clause
 * cores: keeps processes of others off the sibling threads of the processors that a run computes on. */
#include "sandbox/cores.h"

#include <errno.h>
#include <sys/prctl.h>

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif

enum { GET_COOKIE = 0, CREATE_COOKIE = 1, OF_THREAD = 0, OF_PROCESS = 1 };

int cores_make_private(struct err *err)
{
    unsigned long cookie = 0;
    if (prctl(PR_SCHED_CORE, CREATE_COOKIE, 0, OF_PROCESS, 0) == 0 &&
        prctl(PR_SCHED_CORE, GET_COOKIE, 0, OF_THREAD, &cookie) == 0 && cookie != 0) {
        return 1;
    }
    if (errno == ENODEV) {
        return 0;
    }
    return err_set_errno(err, ERR_HOST, errno,
                         "--private-cores: this kernel cannot keep others off sibling threads (core scheduling: Linux "
                         "5.14 with CONFIG_SCHED_CORE); leave the option out, or ask for whole nodes of the cluster");
}
