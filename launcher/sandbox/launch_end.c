/* SPDX-License-Identifier: BSD-2-Clause
 * launch_end: the part of launch.h about what is left to do and to say when a launch is over. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "sandbox/launch.h"

/* Whoever inherits a child reaps it: the first process of the host does, and one that asks for orphans
 * (PR_SET_CHILD_SUBREAPER). The first process of a container can be any program, and zombies would pile up there. */
static bool orphans_are_reaped(void)
{
    static const ino_t first = 0xEFFFFFFC; /* PROC_PID_INIT_INO, include/linux/proc_ns.h: always this number */
    struct stat st;
    return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == first;
}

void launch_finish(struct launch_result *result)
{
    bool must_wait = result->limits != NULL || !orphans_are_reaped();
    while (result->unfinished && waitpid(result->init_pid, NULL, must_wait ? 0 : WNOHANG) < 0 && errno == EINTR) {
    }
    result->unfinished = false;
    if (result->limits != NULL) {
        limits_let_go(result->limits);
    }
}

bool launch_told_late(const struct launch_result *result)
{
    enum { APART_S = 2 }; /* that one process is told after the other, on a node that has much to do */
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    bool just_ended = (int64_t)now.tv_sec - result->ended_ns / 1000000000 <= APART_S;
    return result->signals.held && signals_told_meanwhile() &&
           (just_ended || limits_ended_by(result->wait_status, SIGTERM));
}

int launch_exit_code(const struct launch_result *result)
{
    int status = result->wait_status;
    if (result->limits != NULL && result->limits->hit[LIMIT_TIME]) {
        return 124; /* as timeout(1) */
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
