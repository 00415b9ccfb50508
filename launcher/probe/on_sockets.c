/* SPDX-License-Identifier: BSD-2-Clause
 * on_sockets: attempts on kinds of sockets that reach below the network, or into parts of the kernel that are attacked
 * more than they are used. */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/attempt.h"

static void judge(const struct scene *scene, struct finding *finding, int fd)
{
    if (fd >= 0) {
        found(finding, OUTCOME_OPEN, "", "such a socket can be made");
        close(fd);
    } else if (errno == EPERM) {
        found_held(scene, finding, errno, BY_CAPABILITY);
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

/* The call is that of socket(2): family, type, protocol. */
static void make(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    judge(scene, finding, socket((int)attempt->call[0], (int)attempt->call[1] | SOCK_CLOEXEC, (int)attempt->call[2]));
}

/* Every family but the four that programs need. */
static void others(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)scene;
    (void)attempt;
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM, SOCK_RAW, SOCK_SEQPACKET};
    for (int family = AF_INET + 1; family < 64; family++) {
        if (family == AF_INET6 || family == AF_NETLINK) {
            continue;
        }
        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
            int fd = socket(family, types[i] | SOCK_CLOEXEC, 0);
            if (fd >= 0) {
                found(finding, OUTCOME_OPEN, "", "family %d, type %d", family, types[i]);
                return;
            }
        }
    }
    found(finding, OUTCOME_HELD, scene->filtered ? BY_SECCOMP : BY_KERNEL, "none of families 3 to 63 can be made");
}

/* A network card for everybody's eyes: what passes on the host's links. */
#define SOCKET(socket_name, what, ...)                                                                                 \
    {                                                                                                                  \
        .wall = "sockets", .name = (socket_name), .text = (what), .act = make, .call = { __VA_ARGS__ }                 \
    }

const struct attempt attempts_on_sockets[] = {
    SOCKET("packet", "see all packets", AF_PACKET, SOCK_RAW, 0x0300),
    SOCKET("raw", "send packets of its own making", AF_INET, SOCK_RAW, 1),
    SOCKET("raw6", "send IPv6 packets of its own making", AF_INET6, SOCK_RAW, 58),
    SOCKET("vsock", "talk to the machine's hypervisor", AF_VSOCK, SOCK_STREAM, 0),
    SOCKET("alg", "use the kernel's cryptography", AF_ALG, SOCK_SEQPACKET, 0),
    SOCKET("key", "see the keys of encrypted links", AF_KEY, SOCK_RAW, 2),
    SOCKET("audit", "talk to the host's audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT),
    {.wall = "sockets", .name = "others", .text = "make a socket of any other family", .act = others},
    {0},
};
