/* SPDX-License-Identifier: BSD-2-Clause
 *
 * processes: the tree of processes of a run: which programs each executed, when it ended, and what it used. From what
 * the recorder is told and from proc(5), read while the process waits for the recorder's answer. A process that a
 * signal ended has no figures: nobody is told of that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strlist.h"
#include "base/strmap.h"
#include "base/doc.h"
#include "sandbox/recorder.h"

struct program_use {
    char *path; /* inside */
    struct strlist argv;
};

struct process {
    int pid;        /* inside */
    pid_t host_pid; /* as the launcher knows it */
    int parent;
    struct program_use *program; /* in the order of execution; none: it went on in its parent's program */
    size_t program_count;
    bool ended;         /* the rest is known */
    int64_t started_ns; /* after the start of the run; the kernel counts in hundredths of a second */
    int64_t elapsed_ns;
    uint64_t user_us;
    uint64_t system_us;
    uint64_t max_rss_bytes;
    uint64_t read_bytes; /* through read(2) and its like, from whatever it was */
    uint64_t written_bytes;
};

/* How many are listed; the others are only counted. */
enum { PROCESSES_MOST = 20000 };

struct processes {
    struct process **item;
    size_t count;
    size_t capacity;
    uint64_t unlisted;
    pid_t init;                    /* PID 1 as the launcher knows it; 0: not known */
    bool seen_first;               /* the child of PID 1 that is the command */
    struct strmap by_thread_group; /* those that have not ended, by their PID in the launcher's namespace */
    int64_t begun_ns;              /* CLOCK_BOOTTIME, as proc(5) counts */
};

void processes_begin(struct processes *processes);
/* `thread` is about to execute `path` with the arguments at `argv` in its memory. It may still fail to: then it goes on
 * and the entry says what it tried. */
void processes_execute(struct processes *processes, struct recorder *recorder, pid_t thread, const char *path,
                       uint64_t argv);
/* `thread`'s process is about to end. */
void processes_end(struct processes *processes, pid_t thread);
/* The PID that the process of `thread` (in the launcher's namespace) has inside; 0 when it is gone. */
int processes_inner_pid(pid_t thread);
/* The element of the manifest: circumstances.processes. */
struct doc *processes_doc(const struct processes *processes);
void processes_release(struct processes *processes);
