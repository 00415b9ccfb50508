/* SPDX-License-Identifier: BSD-2-Clause
 * cgroup_clone: a new process in a control group before it does anything, and with a namespace of control groups that
 * begins there: it does not see where on the host its group is. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "sandbox/cgroup.h"

/* Since 5.7, for version 2. -1 with errno. */
static pid_t clone_into(int group_fd, unsigned long flags)
{
    struct clone_args args = {.flags = flags | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)group_fd};
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

pid_t cgroup_clone(struct cgroup *cgroup, unsigned long flags)
{
    if (cgroup->version == 2) {
        cgroup->joined = true; /* in the child's copy too */
        pid_t pid = clone_into(cgroup->part[0].fd, flags);
        /* A kernel before 5.7, or the filter of a container engine. */
        if (pid >= 0 || (errno != ENOSYS && errno != E2BIG && errno != EINVAL && errno != EPERM)) {
            return pid;
        }
        cgroup->joined = false;
    }
    /* The launcher does not go in itself to have its child there: it would be counted until it is out again. */
    return (pid_t)syscall(SYS_clone, (flags & ~(unsigned long)CLONE_NEWCGROUP) | SIGCHLD, NULL, NULL, NULL, NULL);
}

int cgroup_join(const struct cgroup *cgroup, struct err *err)
{
    for (size_t i = 0; i < cgroup->parts && !cgroup->joined; i++) {
        auto_fd int fd = openat(cgroup->part[i].fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, "0", 1) != 1) {
            return err_set_errno(err, ERR_HOST, errno, "enter the control group '%s'", cgroup->part[i].path);
        }
    }
    if (cgroup->parts > 0 && !cgroup->joined && unshare(CLONE_NEWCGROUP) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "create a namespace of control groups");
    }
    return 0;
}
