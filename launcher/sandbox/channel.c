/* SPDX-License-Identifier: BSD-2-Clause
 * channel: messages between the launcher outside and the first process inside. */
#include "sandbox/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Room for one descriptor, aligned as cmsg(3) asks. */
union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

int channel_open(int ends[2], struct err *err)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a socket pair");
    }
    return 0;
}

bool channel_send(int end, const struct message *message, int fd)
{
    struct iovec part = {.iov_base = (void *)(unsigned long)message, .iov_len = sizeof(*message)};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {0};
    if (fd >= 0) {
        whole.msg_control = control.bytes;
        whole.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&whole);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    }
    ssize_t sent;
    do {
        sent = sendmsg(end, &whole, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof(*message);
}

static int descriptor_of(struct msghdr *whole)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(whole);
    int fd = -1;
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    }
    return fd;
}

int channel_receive(int end, struct message *ret_message, int *ret_fd, bool wait)
{
    struct iovec part = {.iov_base = ret_message, .iov_len = sizeof(*ret_message)};
    union control control = {0};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
    if (ret_fd != NULL) {
        *ret_fd = -1;
        whole.msg_control = control.bytes;
        whole.msg_controllen = sizeof(control.bytes);
    }
    ssize_t got;
    do {
        got = recvmsg(end, &whole, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
        /* ECONNRESET comes once, before what is still there to be read: the other side ended with a message of ours
         * unread, a signal that came too late for it. */
    } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    if (got < 0 && errno == EAGAIN) {
        return -1;
    }
    if (got > 0 && ret_fd != NULL) {
        *ret_fd = descriptor_of(&whole);
    }
    return got == (ssize_t)sizeof(*ret_message) ? 1 : 0;
}
