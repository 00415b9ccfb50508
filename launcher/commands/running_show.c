/* SPDX-License-Identifier: BSD-2-Clause
 * running_show: a run that is going on, for people and for programs. */
#include "commands/running_show.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/units.h"
#include "commands/tell.h"

/* More are for --json. Deeper ones are indented no further. */
enum { LINES_MOST = 200, DEEPEST = 16 };

/* Not getpwuid(3): a static program would load the host's name service modules for it. */
char *running_user(uid_t uid)
{
    enum { PASSWD_MOST = 4 << 20 };
    struct err unread = {0};
    auto_release(buf) struct buf text = {0};
    auto_free char *middle = xasprintf(":%u:", uid);
    if (fs_read_path("/etc/passwd", PASSWD_MOST, &text, &unread) < 0) {
        return xasprintf("%u", uid);
    }
    for (const char *line = buf_text(&text); *line != '\0'; line += line[strcspn(line, "\n")] == '\n') {
        size_t name = strcspn(line, ":\n");
        size_t length = strcspn(line, "\n");
        const char *password = name < length ? line + name + 1 : line + length;
        const char *number = password + strcspn(password, ":\n");
        if (name > 0 && strncmp(number, middle, strlen(middle)) == 0) {
            return xstrndup(line, name);
        }
        line += length;
    }
    return xasprintf("%u", uid);
}

static struct doc *namespaces_doc(const struct running *run)
{
    static const char *const names[LAUNCH_NAMESPACES] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup"};
    struct doc *object = doc_object();
    for (int i = 0; i < LAUNCH_NAMESPACES; i++) {
        uint64_t number = run->facts.namespace[i];
        number = strcmp(names[i], "user") == 0 ? run->user_namespace : number;
        doc_put_number(object, names[i], strcmp(names[i], "pid") == 0 ? run->pid_namespace : number);
    }
    return object;
}

struct doc *running_doc(const struct running *run)
{
    const struct announcement *facts = &run->facts;
    struct doc *object = doc_object();
    auto_free char *user = running_user(run->launcher.uid);
    auto_free char *started = circumstances_time(facts->started_ns);
    doc_put_text(object, "id", facts->id);
    doc_put_bool(object, "recorded", facts->recorded);
    doc_put_text(object, "environment", facts->environment);
    doc_put_text(object, "artifact", facts->artifact);
    doc_put_texts(object, "command", &facts->command);
    doc_put_text(object, "user", user);
    doc_put_number(object, "uid", run->launcher.uid);
    doc_put_number(object, "launcher_pid", (uint64_t)run->launcher.pid);
    doc_put_number(object, "host_pid", (uint64_t)run->init);
    doc_put(object, "namespaces", namespaces_doc(run));
    doc_put_text(object, "cgroup", run->cgroup);
    doc_put_text(object, "started", started);
    doc_put_number(object, "age_ns", (uint64_t)run->age_ns);
    doc_put_number(object, "memory_bytes", run->memory_bytes);
    doc_put_number(object, "process_count", run->process_count);
    doc_put_text(object, "workdir", facts->workdir);
    doc_put_text(object, "project", facts->project);
    return object;
}

static bool belongs(const struct running_list *list, const struct running *run, const struct host_process *process)
{
    return process->pid != run->launcher.pid && running_of(list, process) == run;
}

struct doc *running_processes_doc(const struct running_list *list, const struct running *run)
{
    struct doc *array = doc_array();
    for (size_t i = 0; i < list->processes.count; i++) {
        const struct host_process *process = &list->processes.item[i];
        if (!belongs(list, run, process)) {
            continue;
        }
        struct doc *object = doc_object();
        auto_free char *command = host_process_command(process);
        doc_put_number(object, "host_pid", (uint64_t)process->pid);
        doc_put_number(object, "pid", (uint64_t)running_inner_pid(run, process));
        doc_put_number(object, "host_parent", (uint64_t)process->parent);
        doc_put_text(object, "command", command);
        doc_put_number(object, "memory_bytes", process->rss_bytes);
        doc_append(array, object);
    }
    return array;
}

/* ---- for people */

void running_print(const struct running *run)
{
    char age[UNITS_TEXT];
    char memory[UNITS_TEXT];
    auto_free char *user = running_user(run->launcher.uid);
    auto_free char *started = circumstances_time(run->facts.started_ns);
    auto_free char *id = xasprintf("%s, going on%s", run->facts.id, run->facts.recorded ? "" : ", not recorded");
    auto_free char *when = xasprintf("%s (%s ago)", started, units_short_duration(age, run->age_ns));
    auto_free char *processes = xasprintf("launcher %d, PID 1 inside is %d", (int)run->launcher.pid, (int)run->init);
    auto_free char *namespaces = xasprintf("PID %" PRIu64 ", user %" PRIu64, run->pid_namespace, run->user_namespace);
    tell_field("run", id);
    tell_field("environment", run->facts.environment);
    tell_command("command", &run->facts.command);
    tell_field("user", user);
    tell_field("started", when);
    tell_field("processes", processes);
    tell_field("namespaces", namespaces);
    tell_field("cgroup", run->cgroup);
    tell_field("memory", units_size(memory, run->memory_bytes));
    tell_field("workdir", run->facts.workdir);
    tell_field("records", run->facts.project);
}

struct printing {
    const struct running_list *list;
    const struct running *run;
    pid_t marked;
    size_t lines;
};

static void print_process(const struct printing *printing, const struct host_process *process, int depth)
{
    auto_free char *command = host_process_command(process);
    auto_free char *line =
        xasprintf("%s %8d %8d  %*s%s", process->pid == printing->marked ? "->" : "  ", (int)process->pid,
                  running_inner_pid(printing->run, process), 2 * (depth < DEEPEST ? depth : DEEPEST), "", command);
    tell_line(line);
}

/* Those whose parent is `parent`, and theirs. Read one after the other, the entries may contradict each other: the
 * depth is bounded by hand. */
static void print_below(struct printing *printing, pid_t parent, int depth)
{
    enum { RECURSIONS_MOST = 64 };
    const struct host_processes *processes = &printing->list->processes;
    for (size_t i = 0; depth < RECURSIONS_MOST && i < processes->count && printing->lines < LINES_MOST; i++) {
        const struct host_process *process = &processes->item[i];
        if (process->parent == parent && process->pid != parent && belongs(printing->list, printing->run, process)) {
            printing->lines++;
            print_process(printing, process, depth);
            print_below(printing, process->pid, depth + 1);
        }
    }
}

/* Whose parents are not in the run: PID 1, and what entered it. */
static void print_roots(struct printing *printing)
{
    const struct host_processes *processes = &printing->list->processes;
    for (size_t i = 0; i < processes->count && printing->lines < LINES_MOST; i++) {
        const struct host_process *process = &processes->item[i];
        const struct host_process *parent = host_processes_find(processes, process->parent);
        bool below = parent != NULL && belongs(printing->list, printing->run, parent);
        if (belongs(printing->list, printing->run, process) && !below) {
            printing->lines++;
            print_process(printing, process, 0);
            print_below(printing, process->pid, 1);
        }
    }
}

void running_print_processes(const struct running_list *list, const struct running *run, pid_t marked)
{
    struct printing printing = {.list = list, .run = run, .marked = marked};
    printf("   %8s %8s  %s\n", "ON HOST", "INSIDE", "COMMAND");
    print_roots(&printing);
    if (printing.lines < run->process_count) {
        printf("   ... and %zu more; --json has them all\n", run->process_count - printing.lines);
    }
}
