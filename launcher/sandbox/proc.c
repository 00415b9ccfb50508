/* SPDX-License-Identifier: BSD-2-Clause
 * proc: the /proc of a run. */
#include "sandbox/proc.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "sandbox/host.h"
#include "sandbox/mounts.h"

/* What an engine has covered comes along, locked, and read-only as all that covers something in proc. proc itself stays
 * writable: the second identity is taken by writing into it. */
static int share(const char *place, struct err *err)
{
    if (mount_do("/proc", place, NULL, MS_BIND | MS_REC, NULL, "bind proc", err) < 0 ||
        mount_restrict(place, true, err) < 0) {
        return -1;
    }
    return mount_thaw(place, err);
}

int proc_mount(const char *place, bool may_share, bool *ret_shared, struct err *err)
{
    *ret_shared = false;
    if (mkdir(place, 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for proc");
    }
    if (mount("proc", place, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0) {
        return 0;
    }
    if (!may_share || (errno != EPERM && errno != EACCES)) {
        return host_explain(err, "mount proc", errno);
    }
    *ret_shared = true;
    return share(place, err);
}

int proc_freeze_view(const char *place, const char *at, struct err *err)
{
    /* With all beneath it: what is covered cannot be left behind. */
    if (mount_do(place, at, NULL, MS_BIND | MS_REC, NULL, "bind proc", err) < 0) {
        return -1;
    }
    return mount_freeze(at, err);
}
