/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join_gather: inside run/join: the ranks of a group, and how they come together.
 */
#pragma once

#include "run/join.h"
#include "run/join_wire.h"
#include "sandbox/join.h"

struct join_member {
    int socket; /* -1: it was told how it ended, or is gone */
    bool numbered;
    bool ended;
    bool gone; /* its process died */
    uint64_t rank;
    uint64_t local_rank;
    struct join_rank run; /* what the sandbox starts */
    struct stream stream[STREAMS];
    int kept[STREAMS]; /* of streams that are files: the file; else -1 */
    pid_t feeder;      /* sandbox/enter_share.h; 0: none */
    struct join_end end;
    struct err failed; /* kind ERR_NONE: it was started */
};

struct join_group {
    const struct join_offer *offer;
    struct join_member *member;
    size_t count;
    struct join_company company;
    struct join_rank *ranks; /* of the company: copies of the members' */
    int said;                /* memory file that is standard error */
    int poll;                /* epoll(7) of the sockets */
    void (*expect)(void *context, pid_t pid, int memory);
    void *context;
    size_t running;
    struct err refused; /* why one was that came; ERR_NONE: nobody was */
};

/* Waits until as many are there as belong to the step, or for as long as is waited; takes no more then. `listener` is
 * where they come to, `folder` and `name` its place: removed. Fails when some are missing that must be there, or none
 * is there. */
int join_gather(struct join_group *group, int listener, int folder, const char *name, struct err *err);
