/* SPDX-License-Identifier: BSD-2-Clause
 * processes: the tree of processes of a run. */
#include "run/processes.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/recorder.h"

enum { ARGUMENTS_MOST = 1000, ARGUMENT_BYTES_MOST = 65536 };

/* What status says of a process. */
struct status {
    pid_t group; /* in the launcher's namespace */
    int pid;     /* inside */
    pid_t parent;
    uint64_t peak_bytes;
};

static int64_t boot_clock_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void processes_begin(struct processes *processes)
{
    processes->begun_ns = boot_clock_ns();
}

static ssize_t read_proc(pid_t thread, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", thread, name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    return length;
}

static const char *value_of(const char *text, const char *key)
{
    const char *line = strstr(text, key);
    return line != NULL ? line + strlen(key) : "";
}

/* The last number of the line: NSpid lists one number for each nested namespace, the innermost last. */
static int last_number(const char *line)
{
    int number = 0;
    while (*line != '\0' && *line != '\n') {
        char *end;
        long value = strtol(line, &end, 10);
        if (end == line) {
            break;
        }
        number = value > 0 && value < INT_MAX ? (int)value : 0;
        line = end;
    }
    return number;
}

static bool read_status(pid_t thread, struct status *ret_status)
{
    char text[4096];
    if (read_proc(thread, "status", text, sizeof(text)) <= 0) {
        return false;
    }
    *ret_status = (struct status){
        .group = (pid_t)last_number(value_of(text, "\nTgid:")),
        .pid = last_number(value_of(text, "\nNStgid:")),
        .parent = (pid_t)last_number(value_of(text, "\nPPid:")),
        .peak_bytes = strtoull(value_of(text, "\nVmHWM:"), NULL, 10) * 1024,
    };
    return ret_status->group > 0;
}

int processes_inner_pid(pid_t thread)
{
    struct status status;
    return read_status(thread, &status) ? status.pid : 0;
}

static int inner_pid(const struct processes *processes, pid_t group)
{
    char key[16];
    if (group == processes->init) {
        return 1;
    }
    snprintf(key, sizeof(key), "%d", group);
    const struct process *known = strmap_get(&processes->by_thread_group, key);
    if (known != NULL) {
        return known->pid;
    }
    return processes_inner_pid(group);
}

static struct process *add_process(struct processes *processes, const struct status *status)
{
    if (processes->count >= PROCESSES_MOST) {
        processes->unlisted++;
        return NULL;
    }
    if (processes->count == processes->capacity) {
        processes->capacity = processes->capacity < 16 ? 16 : processes->capacity * 2;
        processes->item = xreallocarray(processes->item, processes->capacity, sizeof(*processes->item));
    }
    struct process *process = xcalloc(1, sizeof(*process));
    process->pid = status->pid;
    process->host_pid = status->group;
    process->parent = inner_pid(processes, status->parent);
    process->started_ns = boot_clock_ns() - processes->begun_ns;
    processes->item[processes->count++] = process;
    return process;
}

static struct program_use *add_program(struct process *process, const char *path)
{
    process->program = xreallocarray(process->program, process->program_count + 1, sizeof(*process->program));
    struct program_use *use = &process->program[process->program_count++];
    *use = (struct program_use){.path = xstrdup(path)};
    return use;
}

/* The first process was started before anything could be read of it: what it runs, proc tells now. */
static void add_running_program(struct process *process, pid_t thread)
{
    char link[64];
    char path[PATH_MAX];
    auto_free char *line = xmalloc(ARGUMENT_BYTES_MOST);
    snprintf(link, sizeof(link), "/proc/%d/exe", thread);
    ssize_t length = readlink(link, path, sizeof(path) - 1);
    struct stat running;
    struct stat self;
    /* Before its first program the process is a copy of the launcher. Only root can be told of that moment. */
    bool not_yet = stat(link, &running) == 0 && stat("/proc/self/exe", &self) == 0 && running.st_ino == self.st_ino &&
                   running.st_dev == self.st_dev;
    if (length <= 0 || not_yet) {
        return;
    }
    path[length] = '\0';
    struct program_use *use = add_program(process, path);
    ssize_t filled = read_proc(thread, "cmdline", line, ARGUMENT_BYTES_MOST);
    for (ssize_t at = 0; at < filled && use->argv.count < ARGUMENTS_MOST; at += (ssize_t)strlen(line + at) + 1) {
        strlist_add(&use->argv, line + at);
    }
}

/* The entry of the process that `thread` is of, made when it is new; NULL when there are too many. */
static struct process *see(struct processes *processes, pid_t thread, struct status *ret_status)
{
    char key[16];
    if (!read_status(thread, ret_status)) {
        return NULL;
    }
    snprintf(key, sizeof(key), "%d", ret_status->group);
    struct process *process = strmap_get(&processes->by_thread_group, key);
    if (process != NULL && !process->ended && process->pid == ret_status->pid) {
        return process;
    }
    process = add_process(processes, ret_status);
    if (process != NULL) {
        strmap_put(&processes->by_thread_group, key, process);
        if (process->parent == 1 && !processes->seen_first) {
            processes->seen_first = true;
            add_running_program(process, thread);
        }
    }
    return process;
}

/* What cannot be read whole. Nothing of our own memory may stand behind it. */
static void read_part(struct recorder *recorder, pid_t thread, uint64_t address, char text[ARGUMENT_BYTES_MOST])
{
    memset(text, 0, ARGUMENT_BYTES_MOST);
    (void)recorder_read_text(recorder, thread, address, text, ARGUMENT_BYTES_MOST);
    if (text[ARGUMENT_BYTES_MOST - 1] != '\0') {
        memcpy(text + ARGUMENT_BYTES_MOST - 4, "...", 4); /* longer than we keep */
    }
}

static void read_arguments(struct recorder *recorder, pid_t thread, uint64_t address, struct strlist *argv)
{
    auto_free char *text = xmalloc(ARGUMENT_BYTES_MOST);
    uint64_t pointer = 0;
    size_t total = 0;
    while (argv->count < ARGUMENTS_MOST && total < ARGUMENT_BYTES_MOST &&
           recorder_read_memory(recorder, thread, address, &pointer, sizeof(pointer)) == (ssize_t)sizeof(pointer) &&
           pointer != 0) {
        if (!recorder_read_text(recorder, thread, pointer, text, ARGUMENT_BYTES_MOST)) {
            read_part(recorder, thread, pointer, text);
        }
        strlist_add(argv, text);
        total += strlen(text);
        address += sizeof(pointer);
    }
}

void processes_execute(struct processes *processes, struct recorder *recorder, pid_t thread, const char *path,
                       uint64_t argv)
{
    struct status status;
    struct process *process = see(processes, thread, &status);
    if (process != NULL) {
        struct program_use *use = add_program(process, path);
        read_arguments(recorder, thread, argv, &use->argv);
    }
}

/* Counted from behind the name, which is field 2, in parentheses, and may hold anything (proc(5)). 0 when the text has
 * no such field. */
static uint64_t field_of_stat(const char *text, int field)
{
    const char *at = strrchr(text, ')');
    for (int before = 2; at != NULL && before < field; before++) {
        at = strchr(at + 1, ' ');
    }
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static void read_times(struct process *process, pid_t group, int64_t begun_ns)
{
    enum { UTIME = 14, STIME = 15, STARTTIME = 22 };
    char text[1024];
    long ticks = sysconf(_SC_CLK_TCK);
    if (read_proc(group, "stat", text, sizeof(text)) <= 0 || ticks <= 0) {
        return;
    }
    uint64_t started = field_of_stat(text, STARTTIME);
    if (started > 0) {
        process->user_us = field_of_stat(text, UTIME) * 1000000U / (unsigned long)ticks;
        process->system_us = field_of_stat(text, STIME) * 1000000U / (unsigned long)ticks;
        int64_t since = (int64_t)(started * 1000000000U / (unsigned long)ticks) - begun_ns;
        process->started_ns = since > 0 ? since : 0;
    }
}

static void read_counts(struct process *process, pid_t group)
{
    char text[512];
    if (read_proc(group, "io", text, sizeof(text)) > 0) {
        process->read_bytes = strtoull(value_of(text, "rchar:"), NULL, 10);
        process->written_bytes = strtoull(value_of(text, "wchar:"), NULL, 10);
    }
}

void processes_end(struct processes *processes, pid_t thread)
{
    struct status status;
    struct process *process = see(processes, thread, &status);
    if (process == NULL) {
        return;
    }
    process->ended = true;
    process->max_rss_bytes = status.peak_bytes;
    read_times(process, status.group, processes->begun_ns);
    read_counts(process, status.group);
    process->elapsed_ns = boot_clock_ns() - processes->begun_ns - process->started_ns;
}

static struct doc *program_doc(const struct program_use *use)
{
    struct doc *object = doc_object();
    struct doc *argv = doc_array();
    for (size_t i = 0; i < use->argv.count; i++) {
        doc_append_text(argv, use->argv.item[i]);
    }
    doc_put_text(object, "path", use->path);
    doc_put(object, "argv", argv);
    return object;
}

static struct doc *process_doc(const struct process *process)
{
    struct doc *object = doc_object();
    struct doc *programs = doc_array();
    for (size_t i = 0; i < process->program_count; i++) {
        doc_append(programs, program_doc(&process->program[i]));
    }
    doc_put_number(object, "pid", (uint64_t)process->pid);
    doc_put_number(object, "host_pid", (uint64_t)process->host_pid);
    doc_put_number(object, "parent", (uint64_t)process->parent);
    doc_put(object, "programs", programs);
    doc_put_number(object, "started_ns", (uint64_t)process->started_ns);
    if (process->ended) {
        doc_put_number(object, "elapsed_ns", process->elapsed_ns > 0 ? (uint64_t)process->elapsed_ns : 0);
        doc_put_number(object, "user_us", process->user_us);
        doc_put_number(object, "system_us", process->system_us);
        doc_put_number(object, "max_rss_bytes", process->max_rss_bytes);
        doc_put_number(object, "read_bytes", process->read_bytes);
        doc_put_number(object, "written_bytes", process->written_bytes);
    }
    return object;
}

struct doc *processes_doc(const struct processes *processes)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < processes->count; i++) {
        doc_append(array, process_doc(processes->item[i]));
    }
    return array;
}

void processes_release(struct processes *processes)
{
    for (size_t i = 0; i < processes->count; i++) {
        struct process *process = processes->item[i];
        for (size_t k = 0; k < process->program_count; k++) {
            free(process->program[k].path);
            strlist_release(&process->program[k].argv);
        }
        free(process->program);
        free(process);
    }
    free(processes->item);
    strmap_release(&processes->by_thread_group);
    *processes = (struct processes){0};
}
