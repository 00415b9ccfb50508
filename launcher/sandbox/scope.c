/* SPDX-License-Identifier: BSD-2-Clause
 * scope: Landlock for what the namespaces leave open. */
#include "sandbox/scope.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

/* <linux/landlock.h> of Linux 6.12; that of Debian 12 has no scopes. */
enum { ASK_VERSION = 1, SCOPE_ABSTRACT_SOCKETS = 1, SCOPE_SIGNALS = 2 };

struct rules {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

static int enter(uint64_t scopes)
{
    const struct rules rules = {.scopes = scopes};
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    if (abi < SCOPE_LANDLOCK) {
        return abi > 0 ? (int)abi : 0;
    }
    auto_fd int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
    return fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0) == 0 ? (int)abi : 0;
}

int scope_enter(void)
{
    return enter(SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS);
}

int scope_enter_sockets(void)
{
    return enter(SCOPE_ABSTRACT_SOCKETS);
}
