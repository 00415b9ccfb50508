/* SPDX-License-Identifier: BSD-2-Clause
 * identity: who a process is in a user namespace, and giving up every right. */
#include "sandbox/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/auto.h"
#include "sandbox/host.h"

static int write_proc(const char *path, const char *text, struct err *err)
{
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        return host_explain(err, "map user ids", errno);
    }
    return 0;
}

int identity_map(uid_t inner_uid, uid_t outer_uid, gid_t inner_gid, gid_t outer_gid, struct err *err)
{
    char line[64];
    snprintf(line, sizeof(line), "%u %u 1\n", inner_uid, outer_uid);
    if (write_proc("/proc/self/uid_map", line, err) < 0) {
        return -1;
    }
    /* A gid map can be written without rights in the parent namespace only once setgroups(2) is denied: otherwise a
     * user could leave a group that is there to keep him out (CVE-2014-8989). */
    if (write_proc("/proc/self/setgroups", "deny", err) < 0) {
        return -1;
    }
    snprintf(line, sizeof(line), "%u %u 1\n", inner_gid, outer_gid);
    if (write_proc("/proc/self/gid_map", line, err) < 0) {
        return -1;
    }
    if (getuid() != inner_uid || getgid() != inner_gid) {
        return err_set(err, ERR_HOST, "the ids that were mapped are not in force");
    }
    return 0;
}

int identity_drop_rights(struct err *err)
{
    /* The running kernel's capabilities, not those of the headers: the first number it does not know is EINVAL. */
    for (int capability = 0; capability < 64; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL && capability > 0) {
                break;
            }
            return err_set_errno(err, ERR_SYSTEM, errno, "drop capability %d", capability);
        }
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* EINVAL before 4.3, where there is no such set */
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "drop all capabilities");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "set no-new-privileges");
    }
    return 0;
}
