/* SPDX-License-Identifier: BSD-2-Clause
 *
 * victims: what an audit puts up outside for the probe to attack: a process, a file, sockets, shared memory, a queue, a
 * key, a terminal, a record, descriptors and a variable. Each holds the same secret, a random number in hexadecimal.
 *
 * Folder:   FOLDER/secret, FOLDER/socket, FOLDER/work (where the run is started), FOLDER/work/link -> FOLDER/secret,
 *           FOLDER/work/.sciwrap/record
 *
 * What this machine cannot make is left out; the probe then says "not tried".
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/private.h"
#include "base/strlist.h"

enum { VICTIMS_SECRET = 32 };

/* In memory that the victim process shares with this one. */
struct victim_state {
    volatile int signals; /* that it was sent */
    volatile int shared;  /* that the other one was sent, which is in the process group of the run */
    volatile char spot;   /* 0, unless somebody wrote to it */
};

struct victims {
    struct private_folder folder;
    char secret[VICTIMS_SECRET + 1];
    char *name; /* "sciwrap-audit-PID-RANDOM", of all that needs a name */
    char *work;
    pid_t process; /* in a process group of its own */
    pid_t member;  /* in that of the run */
    struct victim_state *state;
    int tcp, udp, abstract, named; /* sockets; -1: none */
    int shm;                       /* -1: none */
    int key;                       /* 0: none */
    int master;                    /* of the terminal; -1: none */
    int slave;
};

/* Call victims_release() after success and failure; VICTIMS_NONE before. */
int victims_make(struct victims *victims, struct err *err);
/* The words "key=value" that tell the probe of them (probe/scene.h). */
void victims_describe(const struct victims *victims, struct strlist *words);
/* What standard input of the run is. */
enum victims_input { VICTIMS_TERMINAL, VICTIMS_FILE, VICTIMS_FOLDER };

/* In a child, before it starts the run: standard input, descriptors left open, the variable. */
void victims_hand_down(const struct victims *victims, enum victims_input input);
void victims_release(struct victims *victims);

#define VICTIMS_NONE                                                                                                   \
    {                                                                                                                  \
        .folder = PRIVATE_FOLDER_NONE, .tcp = -1, .udp = -1, .abstract = -1, .named = -1, .shm = -1, .master = -1,     \
        .slave = -1                                                                                                    \
    }
