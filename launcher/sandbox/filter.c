/* SPDX-License-Identifier: BSD-2-Clause
 * filter: the system-call filter of every command. */
#include "sandbox/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "filter_program.h" /* generated: filter_plain, filter_recording, filter_seeded, and each with _nested */
#include "sandbox/host.h"

/* Since 5.19, <linux/seccomp.h>. Once a call has been taken up, only a deadly signal interrupts it. Without it each
 * signal would start the call over, and a program whose runtime sends itself many (Go) would not get on. */
#define WAIT_KILLABLE_RECV (1UL << 5)

#define PROGRAM_OF(array)                                                                                              \
    {                                                                                                                  \
        .len = sizeof(array) / sizeof(*(array)),                                                                       \
        .filter = (struct sock_filter *)(void *)(unsigned long)(array), /* the kernel only reads it */                 \
    }

int filter_install(bool nested, struct err *err)
{
    const struct sock_fprog plain = PROGRAM_OF(filter_plain);
    const struct sock_fprog with_nests = PROGRAM_OF(filter_plain_nested);
    const struct sock_fprog program = nested ? with_nests : plain;
    /* SPEC_ALLOW: before 5.16 a filter otherwise turns on speculation barriers that slow all computing down. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0) {
        return 0;
    }
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0) {
        return host_explain(err, "install the system call filter", errno);
    }
    return 0;
}

/* Listening came with 5.0, letting the kernel carry a call out with 5.5, and nothing but the number of the release
 * tells the two apart before the filter is on for good. */
bool filter_can_continue(void)
{
    struct utsname names;
    if (uname(&names) < 0) {
        return false;
    }
    char *rest;
    unsigned long major = strtoul(names.release, &rest, 10);
    unsigned long minor = *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;
    return major > 5 || (major == 5 && minor >= 5);
}

int filter_install_recording(bool seeded, bool nested)
{
    const struct sock_fprog programs[2][2] = {
        {PROGRAM_OF(filter_recording), PROGRAM_OF(filter_recording_nested)},
        {PROGRAM_OF(filter_seeded), PROGRAM_OF(filter_seeded_nested)},
    };
    const struct sock_fprog *program = &programs[seeded][nested];
    unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER;
    if (!filter_can_continue()) {
        errno = ENOSYS;
        return -1;
    }
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | WAIT_KILLABLE_RECV, program);
    if (fd < 0 && errno == EINVAL) {
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
    }
    return (int)fd;
}
