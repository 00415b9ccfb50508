/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join_wire: what a rank and the process that leads its step say to each other, over a SOCK_SEQPACKET socket of
 * unix(7). Both are this program and of one user: whatever else comes is refused. Descriptors go along (SCM_RIGHTS).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"

#define JOIN_WIRE "sciwrap-join/1"

enum { JOIN_FDS = 5, JOIN_TEXT_MOST = 16 << 20 };

/* Which descriptor of a hello is what. */
enum { JOIN_FD_TEXT, JOIN_FD_STDIO, JOIN_FD_PASSED = 4 };

/* rank -> leader: I am there. With a memory file of the texts of three lists, and descriptors 0 to 2. */
struct join_hello {
    char wire[32]; /* JOIN_WIRE */
    bool numbered;
    uint64_t rank;
    uint64_t local_rank;
    int passed_as;     /* -1: JOIN_FD_PASSED is not there */
    uint64_t count[3]; /* settings, argv, environment */
};

/* rank -> leader: a signal that came to the rank's process. */
struct join_word {
    int signal;
    bool once; /* it came from the system, as to all processes of a job */
};

enum join_answer_kind {
    JOIN_ENDED = 1, /* the rank's command ended: `code` */
    JOIN_BEGUN,     /* nobody is waited for any more: when the leader is gone now, so is the run */
    JOIN_FAILED,    /* it did not start, or nothing did: `code`, and `err` when this rank is to tell it */
};

/* leader -> rank: JOIN_BEGUN, then one more, and the connection ends. With a memory file of what the leader has to say,
 * or none. */
struct join_answer {
    enum join_answer_kind kind;
    int code;
    bool tell;
    struct err err;
};

/* Whether the other side, when it connected or began to listen, was a process of this user and in no sandbox: what runs
 * inside has the caller's uid outside, and a socket's file may be in its reach. False with errno: ESRCH, it is gone;
 * EPERM, it is another's. unix(7), SO_PEERCRED */
bool join_wire_is_own(int socket);
/* False with errno when it could not be sent whole. */
bool join_wire_send(int socket, const void *bytes, size_t length, const int *fds, size_t count);
/* 1: a message of exactly `length` bytes; 0: the other side is gone, or said something else; -1: nothing there yet
 * (without `wait` only). Up to JOIN_FDS descriptors into fds, close-on-exec, the rest of it -1. */
int join_wire_receive(int socket, void *bytes, size_t length, int fds[JOIN_FDS], bool wait);

/* Those that are there. */
void join_wire_close(int fds[JOIN_FDS]);

/* The texts of three lists as a memory file; -1 on error. */
int join_wire_pack(const struct strlist *const lists[3], uint64_t ret_count[3], struct err *err);
int join_wire_unpack(int fd, const uint64_t count[3], struct strlist lists[3], struct err *err);
