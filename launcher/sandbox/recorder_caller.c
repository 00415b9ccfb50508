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

#include "base/auto.h"
#include "base/lock.h"
#include "base/mem.h"
#include "sandbox/recorder_path.h"

/* A thread that was stopped before the kernel came to its call is waited for this long. */
enum { KEPT_MS = 100, MOVING_MS = 1000, PAGE = 4096 };

void recorder_callers_begin(struct recorder_callers *callers)
{
    *callers = (struct recorder_callers){.lock = PTHREAD_MUTEX_INITIALIZER};
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

void recorder_callers_expect(struct recorder_callers *callers, int pid, int memory, const char *folder)
{
    lock_take(&callers->lock);
    callers->expected = xreallocarray(callers->expected, callers->expected_count + 1, sizeof(*callers->expected));
    callers->expected[callers->expected_count++] = (struct recorder_expected){.pid = pid, .memory = memory};
    if (callers->expected_folder == NULL) {
        callers->expected_folder = xstrdup(folder);
    }
    pthread_mutex_unlock(&callers->lock);
}

void recorder_callers_release(struct recorder_callers *callers)
{
    for (size_t i = 0; i < callers->expected_count; i++) {
        close(callers->expected[i].memory);
    }
    free(callers->expected);
    free(callers->expected_folder);
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

/* The memory that was handed over for the process of `thread`, as a descriptor of the caller's; -1. */
static int expected_memory(struct recorder_callers *callers, pid_t thread)
{
    int memory = -1;
    lock_take(&callers->lock);
    long pid = callers->expected_count > 0 ? recorder_number_inside(thread) : 0;
    for (size_t i = 0; i < callers->expected_count && memory < 0; i++) {
        if (callers->expected[i].pid == pid) {
            memory = fcntl(callers->expected[i].memory, F_DUPFD_CLOEXEC, 3);
        }
    }
    pthread_mutex_unlock(&callers->lock);
    return memory;
}

static void open_memory(struct recorder_callers *callers, struct recorder_caller *caller)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", caller->thread);
    caller->memory = open(path, O_RDONLY | O_CLOEXEC);
    if (caller->memory < 0) {
        caller->memory = expected_memory(callers, caller->thread);
    }
}

ssize_t recorder_caller_read(struct recorder_callers *callers, pid_t thread, uint64_t address, void *bytes,
                             size_t length)
{
    struct recorder_caller *caller = slot_of(callers, thread);
    bool kept = caller->memory >= 0;
    /* A page that is not there must not take the one before it along. */
    size_t part = PAGE - address % PAGE;
    part = part < length ? part : length;
    if (address > INT64_MAX) {
        return -1;
    }
    if (caller->memory < 0) {
        open_memory(callers, caller);
    }
    ssize_t got = pread(caller->memory, bytes, part, (off_t)address);
    if (got <= 0 && kept) { /* the memory of the program that the thread executed before? */
        close(caller->memory);
        open_memory(callers, caller);
        got = pread(caller->memory, bytes, part, (off_t)address);
    }
    return got;
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

static char *expected_folder(struct recorder_callers *callers, pid_t thread)
{
    auto_fd int memory = expected_memory(callers, thread);
    return memory >= 0 ? xstrdup(callers->expected_folder) : NULL;
}

const char *recorder_caller_folder(struct recorder_callers *callers, pid_t thread)
{
    struct recorder_caller *caller = slot_of(callers, thread);
    if (caller->folder == NULL || caller->folder_age != callers->age || recorder_callers_unsettled(callers)) {
        char path[PATH_MAX];
        char link[64];
        snprintf(link, sizeof(link), "/proc/%d/cwd", thread);
        free(caller->folder);
        caller->folder =
            recorder_read_link(link, path, sizeof(path)) ? xstrdup(path) : expected_folder(callers, thread);
        caller->folder_age = callers->age;
    }
    return caller->folder;
}

void recorder_callers_forget(struct recorder_callers *callers)
{
    for (size_t i = 0; i < CALLERS_KEPT; i++) {
        if (callers->slot[i].thread != 0) {
            clear(&callers->slot[i]);
        }
    }
}

void recorder_callers_moved(struct recorder_callers *callers, pid_t thread)
{
    struct recorder_moving *free_entry = &callers->moving[0]; /* the oldest, should there be no free one */
    for (size_t i = 0; i < MOVING_KEPT; i++) {
        struct recorder_moving *entry = &callers->moving[i];
        if (i >= callers->moving_count || entry->thread == 0) {
            free_entry = entry;
            break;
        }
        free_entry = entry->since_ms < free_entry->since_ms ? entry : free_entry;
    }
    size_t used = (size_t)(free_entry - callers->moving) + 1;
    *free_entry = (struct recorder_moving){.thread = thread, .since_ms = now_ms()};
    callers->moving_count = used > callers->moving_count ? used : callers->moving_count;
    callers->age++;
}

void recorder_callers_heard(struct recorder_callers *callers, pid_t thread)
{
    for (size_t i = 0; i < callers->moving_count; i++) {
        if (callers->moving[i].thread == thread) {
            callers->moving[i].thread = 0;
        }
    }
    while (callers->moving_count > 0 && callers->moving[callers->moving_count - 1].thread == 0) {
        callers->moving_count--;
    }
}

bool recorder_callers_unsettled(const struct recorder_callers *callers)
{
    int64_t now = callers->moving_count > 0 ? now_ms() : 0;
    for (size_t i = 0; i < callers->moving_count; i++) {
        if (callers->moving[i].thread != 0 && now - callers->moving[i].since_ms < MOVING_MS) {
            return true;
        }
    }
    return false;
}
