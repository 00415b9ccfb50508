/* SPDX-License-Identifier: BSD-2-Clause
 * filter: the system-call filter of every command. */
#include "sandbox/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter_program.h" /* generated: static const struct sock_filter filter_program[] */
#include "sandbox/host.h"

int filter_install(struct err *err)
{
    const struct sock_fprog program = {
        .len = sizeof(filter_program) / sizeof(*filter_program),
        .filter = (struct sock_filter *)(void *)(unsigned long)filter_program, /* the kernel only reads it */
    };
    /* SPEC_ALLOW: before 5.16 a filter otherwise turns on speculation barriers that slow all computing down. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0) {
        return 0;
    }
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) {
        return host_explain(err, "install the system call filter", errno);
    }
    return 0;
}
