/* SPDX-License-Identifier: BSD-2-Clause
 * channel: messages between the launcher outside and the first process inside. */
#include "sandbox/channel.h"

#include <errno.h>
#include <sys/socket.h>

int channel_open(int ends[2], struct err *err)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a socket pair");
    }
    return 0;
}

bool channel_send(int end, const struct message *message)
{
    ssize_t sent;
    do {
        sent = send(end, message, sizeof(*message), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof(*message);
}

int channel_receive(int end, struct message *ret_message, bool wait)
{
    ssize_t got;
    do {
        got = recv(end, ret_message, sizeof(*ret_message), wait ? 0 : MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN) {
        return -1;
    }
    return got == (ssize_t)sizeof(*ret_message) ? 1 : 0;
}
