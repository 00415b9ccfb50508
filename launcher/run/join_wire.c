/* SPDX-License-Identifier: BSD-2-Clause
 * join_wire: what a rank and the process that leads its step say to each other. */
#include "run/join_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

union control {
    char bytes[CMSG_SPACE(JOIN_FDS * sizeof(int))];
    struct cmsghdr header;
};

bool join_wire_is_own(int socket)
{
    struct ucred peer;
    struct stat theirs;
    struct stat own;
    char path[64];
    socklen_t length = sizeof(peer);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.uid != geteuid()) {
        errno = EPERM;
        return false;
    }
    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)peer.pid);
    if (stat(path, &theirs) < 0) {
        /* EACCES: of a program that its user may not read this is hidden from all but root and whoever made its
         * namespace, which is us if it is in a sandbox. */
        bool hidden = errno == EACCES;
        errno = ESRCH;
        return hidden;
    }
    bool same = stat("/proc/self/ns/user", &own) == 0 && theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
    errno = EPERM;
    return same;
}

bool join_wire_send(int socket, const void *bytes, size_t length, const int *fds, size_t count)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {0};
    if (count > 0 && count <= JOIN_FDS) {
        whole.msg_control = control.bytes;
        whole.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = &control.header; /* the first and only one */
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &whole, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)length;
}

/* The room for them is rounded up (CMSG_SPACE), and one more may have come. */
static void take_descriptors(struct msghdr *whole, int fds[JOIN_FDS])
{
    struct cmsghdr *header = CMSG_FIRSTHDR(whole);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
        return;
    }
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
        if (i < JOIN_FDS) {
            fds[i] = fd;
        } else {
            close(fd);
        }
    }
}

void join_wire_close(int fds[JOIN_FDS])
{
    for (size_t i = 0; i < JOIN_FDS; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
        fds[i] = -1;
    }
}

int join_wire_receive(int socket, void *bytes, size_t length, int fds[JOIN_FDS], bool wait)
{
    struct iovec part = {.iov_base = bytes, .iov_len = length};
    union control control = {0};
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    ssize_t got;
    for (size_t i = 0; i < JOIN_FDS; i++) {
        fds[i] = -1;
    }
    do {
        got = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (got < 0 && errno == EINTR);
    if (got < 0 && !wait && errno == EAGAIN) {
        return -1;
    }
    if (got >= 0) {
        take_descriptors(&whole, fds);
    }
    if (got != (ssize_t)length || (whole.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        join_wire_close(fds);
        return 0;
    }
    return 1;
}

int join_wire_pack(const struct strlist *const lists[3], uint64_t ret_count[3], struct err *err)
{
    auto_release(buf) struct buf text = {0};
    for (size_t i = 0; i < 3; i++) {
        ret_count[i] = lists[i]->count;
        for (size_t k = 0; k < lists[i]->count; k++) {
            buf_add(&text, lists[i]->item[k], strlen(lists[i]->item[k]) + 1);
        }
    }
    auto_fd int fd = memfd_create("sciwrap-rank", MFD_CLOEXEC);
    if (fd < 0 || text.length > JOIN_TEXT_MOST) {
        return err_set_errno(err, ERR_SYSTEM, fd < 0 ? errno : E2BIG, "tell the other ranks what this one is to do");
    }
    if (fs_write_fd(fd, "the words of a rank", buf_text(&text), text.length, err) < 0) {
        return -1;
    }
    return steal_fd(&fd);
}

static int invalid(struct err *err)
{
    return err_set(err, ERR_INVALID, "what a rank says it is to do is not to be understood");
}

int join_wire_unpack(int fd, const uint64_t count[3], struct strlist lists[3], struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > JOIN_TEXT_MOST) {
        return invalid(err);
    }
    size_t length = (size_t)st.st_size;
    auto_free char *bytes = xmalloc(length + 1);
    if (pread(fd, bytes, length, 0) != (ssize_t)length || (length > 0 && bytes[length - 1] != '\0')) {
        return invalid(err);
    }
    size_t at = 0;
    for (size_t i = 0; i < 3; i++) {
        for (uint64_t k = 0; k < count[i]; k++) {
            if (at >= length) {
                return invalid(err);
            }
            strlist_add(&lists[i], bytes + at);
            at += strlen(bytes + at) + 1;
        }
    }
    return at == length ? 0 : invalid(err);
}
