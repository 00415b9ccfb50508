/* SPDX-License-Identifier: BSD-2-Clause
 * recorder_caller: the memory and the current directory of the threads whose calls are told of. */
#include "sandbox/recorder_caller.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "sandbox/recorder_path.h"

enum { KEPT_MS = 100, PAGE = 4096 };

void recorder_callers_begin(struct recorder_callers *callers)
{
    *callers = (struct recorder_callers){0};
    for (size_t i = 0; i < CALLERS_KEPT; i++) {
        callers->slot[i].memory = -1;
    }
}

static void clear(struct recorder_caller *caller)
{
    if (caller->memory >= 0) {
        close(caller->memory);
    }
    free(caller->folder);
    *caller = (struct recorder_caller){.memory = -1};
}

void recorder_callers_release(struct recorder_callers *callers)
{
    for (size_t i = 0; i < CALLERS_KEPT; i++) {
        clear(&callers->slot[i]);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct recorder_caller *slot_of(struct recorder_callers *callers, pid_t thread)
{
    struct recorder_caller *caller = &callers->slot[(unsigned)thread % CALLERS_KEPT];
    int64_t now = now_ms();
    if (caller->thread != thread || now - caller->since_ms > KEPT_MS) {
        clear(caller);
        caller->thread = thread;
        caller->since_ms = now;
    }
    return caller;
}

static void open_memory(struct recorder_caller *caller)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", caller->thread);
    caller->memory = open(path, O_RDONLY | O_CLOEXEC);
}

ssize_t recorder_caller_read(struct recorder_callers *callers, pid_t thread, uint64_t address, void *bytes,
                             size_t length)
{
    struct recorder_caller *caller = slot_of(callers, thread);
    /* A page that is not there must not take the one before it along. */
    size_t part = PAGE - address % PAGE;
    part = part < length ? part : length;
    if (address > INT64_MAX) {
        return -1;
    }
    if (caller->memory < 0) {
        open_memory(caller);
    }
    return pread(caller->memory, bytes, part, (off_t)address);
}

bool recorder_caller_text(struct recorder_callers *callers, pid_t thread, uint64_t address, char *text, size_t size)
{
    enum { FIRST = 256 }; /* most names are shorter: less to copy */
    size_t done = 0;
    while (done < size) {
        size_t wanted = done == 0 && size > FIRST ? FIRST : size - done;
        ssize_t got = recorder_caller_read(callers, thread, address + done, text + done, wanted);
        if (got <= 0) {
            return false;
        }
        if (memchr(text + done, '\0', (size_t)got) != NULL) {
            return true;
        }
        done += (size_t)got;
    }
    return false;
}

const char *recorder_caller_folder(struct recorder_callers *callers, pid_t thread)
{
    struct recorder_caller *caller = slot_of(callers, thread);
    if (caller->folder == NULL || caller->folder_age != callers->age) {
        char path[PATH_MAX];
        char link[64];
        snprintf(link, sizeof(link), "/proc/%d/cwd", thread);
        free(caller->folder);
        caller->folder = recorder_read_link(link, path, sizeof(path)) ? xstrdup(path) : NULL;
        caller->folder_age = callers->age;
    }
    return caller->folder;
}

void recorder_caller_forget(struct recorder_callers *callers, pid_t thread)
{
    struct recorder_caller *caller = &callers->slot[(unsigned)thread % CALLERS_KEPT];
    if (caller->thread == thread) {
        clear(caller);
    }
}

void recorder_callers_moved(struct recorder_callers *callers)
{
    callers->age++;
}
