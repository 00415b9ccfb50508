/* SPDX-License-Identifier: BSD-2-Clause
 *
 * feed: gives a command through a pipe of ours what comes to standard input, and takes from there exactly what the
 * command has read, not a byte more.
 *
 *     while read -r line; do sciwrap run tool "$line"; done < <(list)
 *
 * must go on with the line after the first, as it does without us; a program that reads ahead for its command
 * (ssh(1) for one) eats the rest of the list. So what is in the caller's pipe is only looked at: tee(2) shares its
 * pages with the command's pipe and leaves them where they are. What the command has read is what it was given less
 * what is still in its pipe (FIONREAD); that much is then read here, and hashed.
 *
 * One reader at a time: two runs that read one pipe at once are both given the same bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "run/tally.h"

struct feed {
    int source;      /* borrowed: a pipe, or anything that pread(2) reads, from its offset on */
    bool is_pipe;    /* the source */
    uint64_t offset; /* of the source that is no pipe */
    int command;     /* our end of the command's pipe; -1 once everything was given */
    int meter;       /* tells how much of it is unread: `command`, and later a reading end */
    int between[2];  /* a pipe for what is on the way, empty between two steps */
    int null;
    int wakers;         /* epoll(7): what the source gets, and the end of the command's pipe */
    uint64_t delivered; /* bytes that the command was given */
    uint64_t taken;     /* bytes that it has read, and that were taken from the source */
    bool robbed;        /* somebody else took some of them from the source */
    size_t held;        /* bytes in the buffer that are not tallied yet */
    struct tally tally;
};

enum { FEED_BUFFER = 256 * 1024 };

/* Makes the command's pipe; *ret_command is its reading end, for the command. */
int feed_open(struct feed *feed, int source, int *ret_command, struct err *err);
/* Until `stop` can be read. `buffer` has FEED_BUFFER bytes. SIGPIPE must be blocked. When the command closes its input
 * early, the source becomes /dev/null in this process: its writer is to get SIGPIPE as it would without us. */
void feed_run(struct feed *feed, int stop, char *buffer);
void feed_close(struct feed *feed);
