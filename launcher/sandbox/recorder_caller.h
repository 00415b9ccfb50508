/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recorder_caller: the memory and the current directory of the threads whose calls are told of.
 *
 * Both are kept for a moment: opening /proc/THREAD/mem or reading /proc/THREAD/cwd for each call would cost a third of
 * the time that a told open takes. What is kept is dropped when the thread executes a program or anybody changes
 * a directory, and after a tenth of a second in any case, before its number can belong to somebody else.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CALLERS_KEPT = 64, MOVING_KEPT = 32 };

struct recorder_caller {
    pid_t thread; /* 0: free */
    int memory;   /* /proc/THREAD/mem, or -1 */
    char *folder; /* the current directory; NULL: not known */
    uint64_t folder_age;
    int64_t since_ms;
};

/* A thread that was told of to change a directory, or what a name means, and was not heard of since: the kernel may not
 * have come to it yet. */
struct recorder_moving {
    pid_t thread; /* 0: free */
    int64_t since_ms;
};

/* A process whose memory cannot be opened until it executes, and was handed over. */
struct recorder_expected {
    int pid; /* inside */
    int memory;
};

struct recorder_callers {
    struct recorder_caller slot[CALLERS_KEPT];
    uint64_t age; /* how often somebody changed a directory */
    struct recorder_moving moving[MOVING_KEPT];
    size_t moving_count;                /* used entries are among the first */
    uint64_t unnamed;                   /* paths that were too long */
    struct recorder_expected *expected; /* guarded by `lock`: another thread than the one that hears may add to it */
    size_t expected_count;
    char *expected_folder;
    pthread_mutex_t lock;
};

void recorder_callers_begin(struct recorder_callers *callers);
/* recorder_expect(). */
void recorder_callers_expect(struct recorder_callers *callers, int pid, int memory, const char *folder);
void recorder_callers_release(struct recorder_callers *callers);

/* The bytes read: all, or up to the end of a page; -1. */
ssize_t recorder_caller_read(struct recorder_callers *callers, pid_t thread, uint64_t address, void *bytes,
                             size_t length);
/* A string with its NUL; false when it is longer than `size` - 1 or cannot be read. */
bool recorder_caller_text(struct recorder_callers *callers, pid_t thread, uint64_t address, char *text, size_t size);
/* The current directory as seen inside; borrowed until the next call. NULL when it cannot be told. */
const char *recorder_caller_folder(struct recorder_callers *callers, pid_t thread);
/* A thread is about to execute another program: it can take the number of its process' first thread over. */
void recorder_callers_forget(struct recorder_callers *callers);
/* The thread is about to change its directory, which it may share with others, or to give names another meaning, on
 * which the names of current directories depend. */
void recorder_callers_moved(struct recorder_callers *callers, pid_t thread);
/* The thread makes another call: what it was about to do is done. */
void recorder_callers_heard(struct recorder_callers *callers, pid_t thread);
/* Some other thread may be just about to do it. */
bool recorder_callers_unsettled(const struct recorder_callers *callers);
