/* SPDX-License-Identifier: BSD-2-Clause
 *
 * channel: messages between the launcher outside and the first process inside, over a SOCK_SEQPACKET pair: a message
 * arrives whole, and the end of one side is an end of file for the other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/launch.h"

enum message_kind {
    MESSAGE_READY = 1, /* init -> launcher: the sandbox stands, the command is about to start; namespaces; the
                        * recorder's descriptor, or in `value` why there is none (errno) */
    MESSAGE_STDIN,     /* init -> launcher: the descriptor that the command gets in the place of standard input */
    MESSAGE_FAILED,    /* init or command -> launcher: err says why no command runs */
    MESSAGE_STOPPED,   /* init -> launcher: the command was stopped by signal `value` */
    MESSAGE_ENDED,  /* init -> launcher: the command ended with wait status `value`; `alone`: so has all else inside */
    MESSAGE_SIGNAL, /* launcher -> init: send signal `value` to the command */
    MESSAGE_SIGNAL_ONCE, /* the same, unless it has reached the command already, as all processes of a job */
    MESSAGE_SIGNAL_ALL,  /* launcher -> init: send signal `value` to every process inside */
    MESSAGE_RANK, /* a rank -> launcher: it is there, PID `value` inside, and waits; its memory, or no descriptor */
    MESSAGE_RANK_ENDED, /* init -> launcher: a rank, PID `pid`, ended with wait status `value` and its `usage` */
    MESSAGE_GO, /* launcher -> init: answer to a MESSAGE_READY that was to bring a recorder's descriptor and did not:
                 * what has to be done before the command starts is done; and to as many MESSAGE_RANK as there are ranks
                 */
};

struct message {
    enum message_kind kind;
    int value;
    int rank; /* index + 1 of sandbox/join.h; 0: no rank's, or for all of them */
    pid_t pid;
    bool alone;
    int random_addresses; /* MESSAGE_READY: see launch_result; the next three, too */
    int landlock;
    int private_cores;
    bool shared_proc;
    struct rusage usage; /* MESSAGE_ENDED: of all that init has waited for */
    uint64_t namespace[LAUNCH_NAMESPACES];
    struct err err;
};

/* Both ends close-on-exec. */
int channel_open(int ends[2], struct err *err);
/* False when the other side is gone. `fd` goes along when it is not -1; the sender keeps its own. */
bool channel_send(int end, const struct message *message, int fd);
/* 1 a message, 0 the other side is gone, -1 nothing there yet (without `wait` only). *ret_fd (may be NULL: then none is
 * taken) is the descriptor that came along, close-on-exec, or -1. */
int channel_receive(int end, struct message *ret_message, int *ret_fd, bool wait);
