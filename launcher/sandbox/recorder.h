/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recorder: hears of every call of a run that names a file to read, change or execute, before the kernel carries it
 * out (seccomp_unotify(2); which calls: syscalls.table, "tell").
 *
 * The launcher, and from the first dozen on a thread of its own, takes one call after the other, looks at its arguments
 * in the caller's memory, and asks its client what to do. The kernel then carries the call out itself: the recorder
 * never acts in place of a run, so what a run may do is decided by the walls alone, and a program that changes its
 * arguments behind the recorder's back fools the record and nothing else. A tracer or debugger inside works as ever,
 * because ptrace(2) is not used.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/err.h"

enum recorder_act {
    RECORDER_READ,    /* opened for reading; a directory: its names */
    RECORDER_LOOK,    /* named without being read: chdir(2), O_PATH; or readlink(2): the text of a link */
    RECORDER_WRITE,   /* opened for writing, perhaps created; or cut short by truncate(2) */
    RECORDER_EXECUTE, /* execve(2) */
    RECORDER_MAKE,    /* mkdir, mknod, symlink, bind of a socket: something new */
    RECORDER_LINK,    /* a second name `second` for `path` */
    RECORDER_RENAME,  /* `path` becomes `second` */
    RECORDER_REMOVE,
    RECORDER_CHMOD,
    RECORDER_TIME,    /* its times are set */
    RECORDER_EXIT,    /* the process ends; it still has its memory and counts */
    RECORDER_CONNECT, /* `path` is the address as text: "192.0.2.1:80", "[::1]:80" */
    RECORDER_RANDOM,  /* getrandom(2): `address`, `length` */
};

/* One call. Valid only while the client is asked. */
struct recorder_call {
    uint64_t id;
    pid_t thread; /* in the launcher's PID namespace; /proc/THREAD is there as long as the call is not answered */
    enum recorder_act act;
    bool follow;        /* a link at the end of `path` is followed */
    bool also_read;     /* RECORDER_WRITE: O_RDWR */
    bool truncates;     /* RECORDER_WRITE: O_TRUNC, the old content goes */
    bool creates;       /* RECORDER_WRITE: O_CREAT */
    bool exclusive;     /* RECORDER_WRITE: O_EXCL, fails when there is something */
    bool folder;        /* RECORDER_REMOVE: only an empty directory; else only what is none */
    bool exchanges;     /* RECORDER_RENAME: RENAME_EXCHANGE */
    bool close_on_exec; /* of an open */
    uint64_t address;   /* RECORDER_EXECUTE: of argv; RECORDER_RANDOM: of the buffer */
    uint64_t length;
    /* Absolute inside, as the caller named it: links, ".." and "//" are still in it. What a descriptor refers to is
     * "/proc/self/fd/NUMBER", which means the caller's wherever it stands at the beginning of a path. */
    char path[PATH_MAX];
    char second[PATH_MAX];
};

enum recorder_answer {
    RECORDER_GO_ON, /* let the kernel carry it out */
    RECORDER_LATER, /* the client calls recorder_answer() or recorder_return() itself, from whatever thread */
};

struct recorder_client {
    void *context;
    enum recorder_answer (*told)(void *context, const struct recorder_call *call);
};

struct recorder;

/* True where look-ups inside can be made as the recorder needs them (openat2(2), 5.6). */
bool recorder_is_possible(void);
/* Takes `notify_fd` over. */
struct recorder *recorder_open(int notify_fd, const struct recorder_client *client);
/* The process with PID `pid` inside cannot be looked at before it executes: `memory` is its, taken over, and `folder`
 * its current directory. From any thread, before that process makes a call that is told of. */
void recorder_expect(struct recorder *recorder, int pid, int memory, const char *folder);
/* To be called when `notify_fd` is readable (poll(2)): takes one call. 1: the next one, too, is the caller's to watch
 * for. 0: the run makes so many that a thread, started now, takes all that follow. All signals must be blocked. */
int recorder_hear(struct recorder *recorder, struct err *err);
/* After the run: the thread hears of no more calls and has ended. Calls that were answered RECORDER_LATER may still be
 * answered, to nobody. NULL is nothing. */
void recorder_join(struct recorder *recorder);
/* The same, and frees the recorder. */
void recorder_stop(struct recorder *recorder);
/* Calls that were heard of. */
uint64_t recorder_count(const struct recorder *recorder);
/* Of them, those that named something by a path that is too long to be looked up (PATH_MAX). */
uint64_t recorder_count_unnamed(const struct recorder *recorder);
/* True for a path that begins in /proc or at a descriptor: it means something else for each caller and each time. */
bool recorder_is_passing(const char *path);
/* True while a call of another thread may be under way that gives names another meaning: what is found out by a name
 * now can be different a moment later without any further call. */
bool recorder_is_unsettled(const struct recorder *recorder);

/* Lets the kernel carry out a call that was answered RECORDER_LATER. */
void recorder_answer(struct recorder *recorder, uint64_t id);
/* The same, but the kernel does not carry the call out: it returns `value`, or fails with `errnum`. */
void recorder_return(struct recorder *recorder, uint64_t id, int64_t value, int errnum);
/* The same for a call that opens: the caller gets a copy of `fd`. */
void recorder_give_fd(struct recorder *recorder, uint64_t id, int fd, bool close_on_exec);

/* The memory of a caller; on the thread that hears only. The bytes read: all or up to the end of a page; -1. */
ssize_t recorder_read_memory(struct recorder *recorder, pid_t thread, uint64_t address, void *bytes, size_t length);
/* A string with its NUL; false when it is longer than `size` - 1 or cannot be read. */
bool recorder_read_text(struct recorder *recorder, pid_t thread, uint64_t address, char *text, size_t size);
bool recorder_write_memory(pid_t thread, uint64_t address, const void *bytes, size_t length);

/* What a path of a call leads to, seen from inside. */
struct recorder_target {
    bool exists;
    int fd; /* of what exists, O_PATH: the very inode, whatever happens to the name; else -1 */
    struct stat st;
    int64_t born_ns; /* when the inode was made; 0 where the file system does not know */
    /* Absolute inside, without links; of what does not exist: where it would be made. "" of a descriptor's file that
     * has no name inside: it was removed, or was given to the run from outside. */
    char real[PATH_MAX];
};

/* Fills `target` but for `fd` from an O_PATH descriptor. */
bool recorder_describe(int path_fd, struct recorder_target *target);
/* Closes target->fd; again is harmless. */
void recorder_target_release(struct recorder_target *target);

/* Whether `path` exists inside and recorder_resolve() would find it under this very name: it is absolute and clean, and
 * no component is a link. A third of its time. On the thread that hears only. */
bool recorder_is_plain(struct recorder *recorder, const struct recorder_call *call, const char *path);
/* False when it cannot be: a folder on the way is missing. On the thread that hears only. */
bool recorder_resolve(struct recorder *recorder, const struct recorder_call *call, const char *path, bool follow,
                      struct recorder_target *ret_target);
