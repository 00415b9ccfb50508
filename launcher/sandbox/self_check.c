/* SPDX-License-Identifier: BSD-2-Clause
 * self_check: looks at what has been built before anything of the environment runs in it. */
#include "sandbox/self_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

static int broken(struct err *err, const char *what)
{
    return err_set(err, ERR_HOST,
                   "self-check: %s, although every step towards it succeeded; something between sciwrap and the kernel "
                   "answers in its place (a tracer, an outer sandbox)",
                   what);
}

int self_check_rights(struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
    static const struct __user_cap_data_struct none[2];
    if (syscall(SYS_capget, &header, sets) < 0 || memcmp(sets, none, sizeof(none)) != 0) {
        return broken(err, "capabilities are left");
    }
    /* The ambient set is part of the permitted one always (capabilities(7)). */
    int known = 0;
    for (int capability = 0; capability < 64; capability++) {
        int bound = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (bound > 0) {
            return broken(err, "capabilities are left in the bounding set");
        }
        if (bound < 0) {
            break; /* the first number that this kernel does not know */
        }
        known++;
    }
    if (known <= CAP_AUDIT_READ) {
        return broken(err, "the bounding set cannot be read");
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return broken(err, "new privileges can be gained");
    }
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : broken(err, "the first process can be traced");
}

int self_check_filter(struct err *err)
{
    /* TIOCSTI on no descriptor: EPERM is the filter's answer, EBADF would be the kernel's. */
    errno = 0;
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER || ioctl(-1, TIOCSTI, "") != -1 || errno != EPERM) {
        return broken(err, "the system call filter is not on");
    }
    return 0;
}

uint64_t self_check_network(void)
{
    struct stat st;
    return stat("/proc/self/ns/net", &st) == 0 ? st.st_ino : 0;
}

int self_check_network_left(uint64_t before, uint64_t now, struct err *err)
{
    return now != 0 && now != before ? 0 : broken(err, "the host's network is in reach");
}

int self_check_descriptors(struct err *err)
{
    auto_dir DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    if (dir == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "list the open descriptors");
    }
    while ((entry = readdir(dir)) != NULL) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) {
            return broken(err, "descriptors of the caller are still open");
        }
    }
    return 0;
}
