/* SPDX-License-Identifier: BSD-2-Clause
 * host_processes: the processes of this host as /proc shows them to the caller, at one moment. */
#include "run/host_processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

/* Above the line that is looked for stands "Groups:", with up to 65536 numbers. */
enum { STATUS_MOST = 1 << 20, STATUS_USUAL = 8192, COMMAND_MOST = 4096 };

static ssize_t read_proc(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t filled = 0;
    while (fd >= 0 && filled + 1 < size) {
        ssize_t length = read(fd, text + filled, size - 1 - filled);
        if (length <= 0) {
            break;
        }
        filled += (size_t)length;
    }
    text[filled] = '\0';
    return fd >= 0 ? (ssize_t)filled : -1;
}

static const char *value_of(const char *text, const char *key)
{
    const char *line = strstr(text, key);
    return line != NULL ? line + strlen(key) : NULL;
}

/* The numbers of one line; how many. */
static int numbers_of(const char *line, uint64_t *ret_numbers, int most)
{
    int count = 0;
    while (line != NULL && count < most) {
        char *end;
        line += strspn(line, " \t");
        if (*line < '0' || *line > '9') {
            break;
        }
        ret_numbers[count++] = strtoull(line, &end, 10);
        line = end;
    }
    return count;
}

bool host_process_parse(const char *status, pid_t pid, struct host_process *ret_process)
{
    struct host_process process = {.pid = pid};
    uint64_t uid[4] = {0};
    uint64_t number[PID_LEVELS_MOST] = {0};
    uint64_t parent = 0;
    uint64_t rss = 0;
    const char *name = strncmp(status, "Name:\t", 6) == 0 ? status + 6 : NULL;
    if (name == NULL || numbers_of(value_of(status, "\nPPid:"), &parent, 1) != 1 || parent > INT_MAX ||
        numbers_of(value_of(status, "\nUid:"), uid, 4) != 4) {
        return false;
    }
    process.levels = numbers_of(value_of(status, "\nNSpid:"), number, PID_LEVELS_MOST);
    for (int i = 0; i < process.levels; i++) {
        if (number[i] == 0 || number[i] > INT_MAX) {
            return false;
        }
        process.number[i] = (pid_t)number[i];
    }
    if (process.levels == 0 || process.number[0] != pid) {
        return false;
    }
    (void)numbers_of(value_of(status, "\nVmRSS:"), &rss, 1);
    process.parent = (pid_t)parent;
    process.uid = (uid_t)uid[0];
    process.plain_uid = uid[0] == uid[1] && uid[0] == uid[2] && uid[0] == uid[3];
    process.rss_bytes = rss * 1024;
    snprintf(process.name, sizeof(process.name), "%.*s", (int)strcspn(name, "\n"), name);
    *ret_process = process;
    return true;
}

bool host_process_read(pid_t pid, struct host_process *ret_process)
{
    char usual[STATUS_USUAL];
    ssize_t length = read_proc(pid, "status", usual, sizeof(usual));
    if (length < (ssize_t)sizeof(usual) - 1) {
        return length > 0 && host_process_parse(usual, pid, ret_process);
    }
    auto_free char *text = xmalloc(STATUS_MOST);
    return read_proc(pid, "status", text, STATUS_MOST) > 0 && host_process_parse(text, pid, ret_process);
}

static int compare_processes_by_pid(const void *a, const void *b)
{
    const struct host_process *first = a;
    const struct host_process *second = b;
    return first->pid < second->pid ? -1 : first->pid > second->pid;
}

int host_processes_read(struct host_processes *processes, struct err *err)
{
    struct dirent *entry;
    struct host_process process;
    *processes = (struct host_processes){0};
    auto_dir DIR *dir = opendir("/proc");
    if (dir == NULL) {
        return err_set_errno(err, ERR_HOST, errno, "/proc cannot be read, which tells what runs");
    }
    while ((entry = readdir(dir)) != NULL) {
        uint64_t pid;
        if (!text_to_u64(entry->d_name, 1, INT_MAX, &pid) || !host_process_read((pid_t)pid, &process)) {
            continue;
        }
        if (processes->count == processes->capacity) {
            processes->capacity = processes->capacity < 256 ? 256 : processes->capacity * 2;
            processes->item = xreallocarray(processes->item, processes->capacity, sizeof(*processes->item));
        }
        processes->item[processes->count++] = process;
    }
    if (processes->count > 0) {
        qsort(processes->item, processes->count, sizeof(*processes->item), compare_processes_by_pid);
    }
    return 0;
}

const struct host_process *host_processes_find(const struct host_processes *processes, pid_t pid)
{
    struct host_process key = {.pid = pid};
    return processes->count == 0
               ? NULL
               : bsearch(&key, processes->item, processes->count, sizeof(*processes->item), compare_processes_by_pid);
}

bool host_processes_descends(const struct host_processes *processes, const struct host_process *process, pid_t ancestor)
{
    /* Read one after the other, the entries may contradict each other: not for ever. */
    for (size_t steps = 0; process != NULL && steps <= processes->count; steps++) {
        if (process->pid == ancestor || process->parent == ancestor) {
            return true;
        }
        process = process->parent > 0 ? host_processes_find(processes, process->parent) : NULL;
    }
    return false;
}

void host_processes_release(struct host_processes *processes)
{
    free(processes->item);
    *processes = (struct host_processes){0};
}

uint64_t host_process_namespace(pid_t pid, const char *name)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

uint64_t host_process_start(pid_t pid)
{
    enum { STARTTIME = 22 };
    char text[1024];
    if (read_proc(pid, "stat", text, sizeof(text)) <= 0) {
        return 0;
    }
    /* Counted from behind the name, field 2, in parentheses, which may hold anything. */
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < STARTTIME; field++) {
        at = strchr(at + 1, ' ');
    }
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

char *host_process_command(const struct host_process *process)
{
    char text[COMMAND_MOST];
    ssize_t length = read_proc(process->pid, "cmdline", text, sizeof(text));
    while (length > 0 && text[length - 1] == '\0') {
        length--;
    }
    if (length <= 0) {
        return xasprintf("[%s]", process->name);
    }
    for (ssize_t i = 0; i < length; i++) {
        text[i] = text[i] == '\0' ? ' ' : text[i];
    }
    return xstrndup(text, (size_t)length);
}

char *host_process_cgroup(pid_t pid)
{
    char text[16384];
    if (read_proc(pid, "cgroup", text, sizeof(text)) <= 0) {
        return NULL;
    }
    char *unified = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    char *memory = strstr(text, ":memory:");
    char *place = unified != NULL ? strchr(unified, '/') : NULL;
    bool rooted = place == NULL || place[1] == '\n' || place[1] == '\0';
    if (rooted && memory != NULL) {
        place = strchr(memory, '/');
    }
    return place != NULL ? xstrndup(place, strcspn(place, "\n")) : NULL;
}
