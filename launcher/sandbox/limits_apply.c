/* SPDX-License-Identifier: BSD-2-Clause
 * limits_apply: the limits that are set inside: those that a process sets for itself and what it starts, in the process
 * that becomes the command, and those of mounts.
 *
 * RLIMIT_NPROC counts the processes of a user within a user namespace since Linux 5.14 (ucounts), and all that the user
 * has on the host before; it does not count at all for the host's root. One version was off by one (fixed in 5.17). So
 * it is tried here with processes that end at once. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/limits.h"

enum { ALIVE = 2 }; /* processes of the run at this moment: PID 1 and this one */

/* Both limits: without a right over the host, which nobody has inside, the hard one is never raised again. */
static int lower(int resource, uint64_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0) {
        return -1;
    }
    limit.rlim_max = value < limit.rlim_max ? value : limit.rlim_max;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit);
}

/* True when one more process can be made while at most `most` are allowed. */
static bool can_make_another(uint64_t most)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NPROC, &limit) < 0) {
        return false;
    }
    limit.rlim_cur = most;
    if (setrlimit(RLIMIT_NPROC, &limit) < 0) {
        return false;
    }
    /* Not vfork(2): this process is such a child itself, and has its parent's memory. */
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        syscall(SYS_exit, 0); /* not exit_group(2), of which the recorder is told */
    }
    if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
    return pid > 0;
}

static int limit_pids(uint64_t pids, struct err *err)
{
    static const char next[] = "run sciwrap in a control group that was delegated to you (systemd-run --user --scope "
                               "-p Delegate=yes sciwrap ...), or without --pids";
    /* The least number that lets one more than are alive be made. */
    uint64_t least = ALIVE - 1;
    while (least <= ALIVE + 1 && !can_make_another(least)) {
        least++;
    }
    if (least < ALIVE) {
        return err_set(
            err, ERR_HOST,
            "the number of processes cannot be limited here: no control group can be written, and the kernel "
            "exempts root from RLIMIT_NPROC; %s",
            next);
    }
    if (least > ALIVE + 1) {
        return err_set(err, ERR_HOST,
                       "the number of processes cannot be limited here: no control group can be written, and this "
                       "kernel counts all processes of a user, not those of a run (Linux 5.14 does); %s",
                       next);
    }
    /* PID 1 is one more than was asked for; `least` is one less where the kernel lets one too many through. */
    return lower(RLIMIT_NPROC, pids + least - ALIVE);
}

static int bound(const char *target, const char *options, struct err *err)
{
    /* The flags are those of the mount, which a remount sets anew (mount(2)). */
    if (mount(NULL, target, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "limit the size of '%s'", target);
    }
    return 0;
}

int limits_bound_files(const struct plan *plan, struct err *err)
{
    uint64_t most = plan->limits.value[LIMIT_MEMORY];
    auto_free char *options = xasprintf("size=%" PRIu64, most);
    for (size_t i = 0; most != 0 && i < plan->mount_count; i++) {
        const struct plan_mount *mount = &plan->mount[i];
        bool files = mount->kind == PLAN_DEV || (mount->kind == PLAN_TMPFS && !mount->read_only);
        const char *target = mount->kind == PLAN_DEV ? "/dev/shm" : mount->target;
        if (files && bound(target, options, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int limits_apply(const struct limits_held *held, struct err *err)
{
    const uint64_t *asked = held->asked.value;
    static const struct {
        enum limit limit;
        int resource;
        const char *name;
    } rows[] = {
        {LIMIT_MEMORY, RLIMIT_DATA, "memory"},
        {LIMIT_FILE_SIZE, RLIMIT_FSIZE, "size of files"},
        {LIMIT_OPEN_FILES, RLIMIT_NOFILE, "number of open files"},
    };
    if (asked[LIMIT_CPUS] != 0 && cpus_pin(&held->cpus) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "use only some CPUs");
    }
    if (held->by[LIMIT_PIDS] == LIMIT_BY_USER_NAMESPACE && limit_pids(asked[LIMIT_PIDS], err) < 0) {
        return err->kind != ERR_NONE ? -1 : err_set_errno(err, ERR_SYSTEM, errno, "limit the number of processes");
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (held->by[rows[i].limit] == LIMIT_BY_PROCESS && lower(rows[i].resource, asked[rows[i].limit]) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "limit the %s", rows[i].name);
        }
    }
    return 0;
}
