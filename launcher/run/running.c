/* SPDX-License-Identifier: BSD-2-Clause
 * running: the runs that are going on, found by what their launchers announce and held against what the kernel says. */
#include "run/running.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

/* Of `process` in the numbering of its own PID namespace. */
static pid_t innermost(const struct host_process *process)
{
    return process->number[process->levels - 1];
}

static bool is_child_of_same_user(const struct host_process *process, const struct host_process *parent)
{
    return process->parent == parent->pid && process->plain_uid && process->uid == parent->uid;
}

/* PID 1 of a namespace one below the launcher's, as it announces. */
static const struct host_process *find_init(const struct host_processes *processes, const struct host_process *launcher,
                                            pid_t announced)
{
    for (size_t i = 0; i < processes->count; i++) {
        const struct host_process *process = &processes->item[i];
        if (is_child_of_same_user(process, launcher) && process->levels == launcher->levels + 1 &&
            innermost(process) == 1 && process->number[launcher->levels - 1] == announced) {
            return process;
        }
    }
    return NULL;
}

/* Whether the process is in the run's PID namespace or one below it, by its parents or, for one that entered from
 * outside, by the number of the namespace. */
static bool is_inside(const struct host_processes *processes, const struct running *run,
                      const struct host_process *process)
{
    if (process->pid == run->launcher.pid || process->levels <= run->launcher.levels) {
        return false;
    }
    return host_processes_descends(processes, process, run->init) ||
           (process->levels == run->launcher.levels + 1 &&
            host_process_namespace(process->pid, "pid") == run->pid_namespace);
}

/* The first process of the namespace itself whose numbers the caller may know: a command, for PID 1 lets nobody ask it.
 */
static const struct host_process *find_open(const struct host_processes *processes, const struct running *run)
{
    for (size_t i = 0; i < processes->count; i++) {
        const struct host_process *process = &processes->item[i];
        if (process->levels == run->launcher.levels + 1 && process->uid == run->launcher.uid &&
            host_processes_descends(processes, process, run->init) &&
            host_process_namespace(process->pid, "pid") != 0) {
            return process;
        }
    }
    return NULL;
}

static int index_of_namespace(const char *name)
{
    static const char *const names[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};
    int at = 0;
    while (at < LAUNCH_NAMESPACES - 1 && strcmp(names[at], name) != 0) {
        at++;
    }
    return at;
}

static bool confirm_namespaces(const struct host_processes *processes, struct running *run)
{
    const struct host_process *open = find_open(processes, run);
    run->pid_namespace = run->facts.namespace[index_of_namespace("pid")];
    run->user_namespace = run->facts.namespace[index_of_namespace("user")];
    if (open == NULL) {
        return run->init_seen; /* just before its command starts, or just after it ended */
    }
    uint64_t user = host_process_namespace(open->pid, "user");
    if (host_process_namespace(open->pid, "pid") != run->pid_namespace) {
        return false;
    }
    run->user_namespace = open->parent == run->init && user != 0 ? user : run->user_namespace;
    return true;
}

static int64_t age_of(uint64_t start_ticks)
{
    struct timespec now = {0};
    long ticks = sysconf(_SC_CLK_TCK);
    clock_gettime(CLOCK_BOOTTIME, &now);
    if (ticks <= 0 || start_ticks == 0) {
        return 0;
    }
    double age = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)start_ticks / (double)ticks;
    return age > 0 ? (int64_t)(age * 1e9) : 0;
}

static void measure(const struct host_processes *processes, struct running *run)
{
    pid_t any = run->init;
    for (size_t i = 0; i < processes->count; i++) {
        const struct host_process *process = &processes->item[i];
        if (is_inside(processes, run, process)) {
            run->process_count++;
            run->memory_bytes += process->rss_bytes;
            any = run->init_seen ? any : process->pid;
        }
    }
    run->cgroup = host_process_cgroup(any);
    run->age_ns = age_of(run->init_start != 0 ? run->init_start : host_process_start(any));
}

static bool confirm(const struct host_processes *processes, struct running *run)
{
    const struct host_process *init = find_init(processes, &run->launcher, run->facts.host_pid);
    run->init = run->facts.host_pid;
    if (init != NULL) {
        run->init = init->pid;
        run->init_seen = true;
        run->init_start = host_process_start(init->pid);
    } else if (geteuid() == 0 || run->launcher.levels != 1 ||
               host_processes_find(processes, run->facts.host_pid) != NULL) {
        return false; /* nothing is hidden from root, and who is seen to be another is another */
    }
    return confirm_namespaces(processes, run);
}

static bool look_at(const struct host_processes *processes, const struct host_process *launcher, struct running *run)
{
    struct err unreadable = {0};
    auto_fd int fd = announcement_open(launcher->pid, false);
    if (fd < 0) {
        return false;
    }
    *run = (struct running){.launcher = *launcher};
    if (announcement_read(&run->facts, fd, &unreadable) < 0) {
        log_warn("process %d: %s", (int)launcher->pid, unreadable.text);
        return false;
    }
    if (!confirm(processes, run)) {
        log_debug("process %d announces a run '%s' that it does not have", (int)launcher->pid, run->facts.id);
        return false;
    }
    measure(processes, run);
    return true;
}

static void release_one(struct running *run)
{
    announcement_release(&run->facts);
    free(run->cgroup);
}

static int compare_running_by_age(const void *a, const void *b)
{
    const struct running *first = a;
    const struct running *second = b;
    if (first->age_ns != second->age_ns) {
        return first->age_ns > second->age_ns ? -1 : 1;
    }
    return first->init < second->init ? -1 : first->init > second->init;
}

int running_read(struct running_list *list, struct err *err)
{
    uid_t uid = geteuid();
    *list = (struct running_list){0};
    if (host_processes_read(&list->processes, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < list->processes.count; i++) {
        const struct host_process *process = &list->processes.item[i];
        struct running run = {0};
        if (strcmp(process->name, ANNOUNCEMENT_COMM) != 0 || !process->plain_uid || (uid != 0 && process->uid != uid)) {
            continue;
        }
        if (!look_at(&list->processes, process, &run)) {
            release_one(&run);
            continue;
        }
        list->item = xreallocarray(list->item, list->count + 1, sizeof(*list->item));
        list->item[list->count++] = run;
    }
    if (list->count > 0) {
        qsort(list->item, list->count, sizeof(*list->item), compare_running_by_age);
    }
    return 0;
}

void running_release(struct running_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        release_one(&list->item[i]);
    }
    free(list->item);
    host_processes_release(&list->processes);
    *list = (struct running_list){0};
}

const struct running *running_find(const struct running_list *list, const char *id, struct err *err)
{
    const struct running *found = NULL;
    size_t matches = 0;
    auto_release(buf) struct buf names = {0};
    size_t length = strlen(id);
    if (length < RUN_ID_SHORTEST || length > RUN_ID_LENGTH) {
        err_set(err, ERR_USAGE, "'%s' is no ID of a run: it has %d to %d hexadecimal digits; see 'sciwrap ps'", id,
                RUN_ID_SHORTEST, RUN_ID_LENGTH);
        return NULL;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strncmp(list->item[i].facts.id, id, length) == 0) {
            found = &list->item[i];
            buf_addf(&names, "%s%s (PID %d)", matches > 0 ? ", " : "", found->facts.id, (int)found->launcher.pid);
            matches++;
        }
    }
    if (matches > 1) {
        err_set(err, ERR_USAGE, "'%s' could be any of these runs: %s", id, buf_text(&names));
        return NULL;
    }
    if (found == NULL) {
        err_set(err, ERR_NOT_FOUND, "no run '%s' is going on%s; see 'sciwrap ps'", id,
                geteuid() != 0 ? " among yours" : "");
    }
    return found;
}

const struct running *running_of(const struct running_list *list, const struct host_process *process)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct running *run = &list->item[i];
        if (process->pid == run->launcher.pid || is_inside(&list->processes, run, process)) {
            return run;
        }
    }
    return NULL;
}

int running_inner_pid(const struct running *run, const struct host_process *process)
{
    int level = run->launcher.levels;
    return process->levels > level && process->pid != run->launcher.pid ? process->number[level] : 0;
}

const struct host_process *running_command(const struct running_list *list, const struct running *run)
{
    const struct host_process *first = NULL;
    uint64_t first_start = UINT64_MAX;
    for (size_t i = 0; i < list->processes.count; i++) {
        const struct host_process *process = &list->processes.item[i];
        if (process->parent != run->init || process->uid != run->launcher.uid) {
            continue;
        }
        uint64_t start = host_process_start(process->pid);
        if (start != 0 && start < first_start) {
            first = process;
            first_start = start;
        }
    }
    return first;
}

bool running_is_still(const struct running *run)
{
    struct host_process launcher;
    struct host_process init;
    struct announcement facts = {0};
    struct err ignored = {0};
    if (!host_process_read(run->launcher.pid, &launcher) || launcher.uid != run->launcher.uid || !launcher.plain_uid) {
        return false;
    }
    auto_fd int fd = announcement_open(launcher.pid, false);
    bool same = fd >= 0 && announcement_read(&facts, fd, &ignored) == 0 && strcmp(facts.id, run->facts.id) == 0 &&
                facts.host_pid == run->facts.host_pid;
    announcement_release(&facts);
    if (!same || !run->init_seen) {
        return same;
    }
    return host_process_read(run->init, &init) && is_child_of_same_user(&init, &launcher) &&
           host_process_start(run->init) == run->init_start;
}
