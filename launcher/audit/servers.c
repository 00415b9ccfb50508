/* SPDX-License-Identifier: BSD-2-Clause
 * servers: sockets of this host that wait for somebody who should not be able to reach them. */
#include "audit/servers.h"

#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/auto.h"

/* Bound, and listening where that means something. */
static int serve(int family, int type, const void *address, socklen_t length)
{
    auto_fd int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, address, length) < 0 || (type == SOCK_STREAM && listen(fd, 8) < 0)) {
        return -1;
    }
    return steal_fd(&fd);
}

int servers_internet(int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return serve(AF_INET, type, &address, sizeof(address));
}

int servers_abstract(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length > sizeof(address.sun_path) - 1) {
        return -1;
    }
    memcpy(address.sun_path + 1, name, length);
    return serve(AF_UNIX, SOCK_STREAM, &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length));
}

int servers_named(const char *folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    return length < (int)sizeof(address.sun_path) ? serve(AF_UNIX, SOCK_STREAM, &address, sizeof(address)) : -1;
}

unsigned servers_port(int fd)
{
    struct sockaddr_in address = {.sin_port = 0};
    socklen_t length = sizeof(address);
    return fd >= 0 && getsockname(fd, (struct sockaddr *)&address, &length) == 0 ? ntohs(address.sin_port) : 0;
}

bool servers_was_reached(int fd)
{
    struct pollfd source = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&source, 1, 0) > 0;
}
