/* SPDX-License-Identifier: BSD-2-Clause
 * jail_landlock: Landlock around one folder. */
#include "supply/jail_landlock.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"

/* <linux/landlock.h> of Linux 6.12; that of Debian 12 has the first two versions. */
enum {
    ASK_VERSION = 1,
    RULE_BENEATH = 1,
    FS_EXECUTE = 1 << 0,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_FIFO = 1 << 10,
    FS_MAKE_BLOCK = 1 << 11,
    FS_ALL_1 = (1 << 13) - 1,
    FS_REFER = 1 << 13,     /* ABI 2 */
    FS_TRUNCATE = 1 << 14,  /* ABI 3 */
    NET_TCP = 3,            /* ABI 4: bind and connect */
    FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
    SCOPES = 3,             /* ABI 6: abstract sockets and signals */
};

struct rules {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct beneath {
    uint64_t allowed;
    int32_t folder_fd;
} __attribute__((packed));

static struct rules rules_of(long abi)
{
    struct rules rules = {.files = FS_ALL_1 | FS_REFER};
    rules.files |= abi >= 3 ? FS_TRUNCATE : 0;
    rules.files |= abi >= 5 ? FS_IOCTL_DEV : 0;
    rules.network = abi >= 4 ? NET_TCP : 0;
    rules.scopes = abi >= 6 ? SCOPES : 0;
    return rules;
}

int jail_landlock(int folder_fd)
{
    const uint64_t never = FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_IOCTL_DEV;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    if (abi < 2) {
        return 0;
    }
    /* An older kernel takes the longer structure when what it does not know is zero. */
    struct rules rules = rules_of(abi);
    struct beneath folder = {.allowed = rules.files & ~never, .folder_fd = folder_fd};
    auto_fd int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
    if (fd < 0 || syscall(SYS_landlock_add_rule, fd, RULE_BENEATH, &folder, 0) < 0 ||
        syscall(SYS_landlock_restrict_self, fd, 0) < 0) {
        return 0;
    }
    return (int)abi;
}
