/* SPDX-License-Identifier: BSD-2-Clause
 * on_processes: attempts on a process of the same user outside: to see, signal, trace, read and change it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe/attempt.h"

/* SIGURG: ignored by whoever has not asked for it. */
enum { HARMLESS = SIGURG };

/* The victim's number names it, unless a process of ours happens to have the same one in here. */
static bool have_victim(const struct scene *scene, struct finding *finding)
{
    if (scene->victim <= 0) {
        found(finding, OUTCOME_SKIPPED, "", "there is no victim outside");
        return false;
    }
    if (scene->victim == getpid() || scene->victim == getppid() || scene->victim == 1) {
        found(finding, OUTCOME_SKIPPED, "", "process %d outside has the number of one of ours", scene->victim);
        return false;
    }
    return true;
}

/* The run is in the process group of its caller, for the terminal's sake; whom else it reached is seen outside. A
 * kernel that cannot end signals at the run (Landlock's scopes, ABI 6) leaves that to whoever starts it. */
static void signal_own_group(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    enum { CREATE_RULESET = 444, ASK_VERSION = 1, WITH_SCOPES = 6 };
    (void)attempt;
    if (kill(0, HARMLESS) < 0) {
        found_held(scene, finding, errno, BY_LANDLOCK);
    } else if (syscall(CREATE_RULESET, NULL, 0, ASK_VERSION) < WITH_SCOPES) {
        found(finding, OUTCOME_SHARED, "Linux 6.12 (Landlock), or setsid(1)",
              "this kernel cannot end signals at the run");
    } else {
        found(finding, OUTCOME_HELD, BY_LANDLOCK, "sent; whether a process outside heard of it is under 'outside'");
    }
}

/* What the answer to a call that named the victim means. */
static void judge(const struct scene *scene, struct finding *finding, long result)
{
    if (result >= 0) {
        found(finding, OUTCOME_OPEN, "", "process %d was reached", scene->victim);
    } else if (errno == ESRCH || errno == EINVAL) {
        found(finding, OUTCOME_HELD, BY_PID, "no process of that number in here");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

static void see(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned others = 0;
    char name[64] = "";
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    (void)attempt;
    (void)scene;
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 1 && pid != getpid() && pid != getppid()) {
            char path[300];
            snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
            if (others++ == 0 && scene_read_file(path, name, sizeof(name)) > 0) {
                name[strcspn(name, "\n")] = '\0';
            }
        }
    }
    if (proc == NULL) {
        found_held(scene, finding, errno, BY_MOUNT);
        return;
    }
    closedir(proc);
    if (others > 0) {
        found(finding, OUTCOME_OPEN, "", "%u processes that are not of the run, the first is '%s'", others, name);
    } else {
        found(finding, OUTCOME_HELD, BY_PID, "/proc shows PID 1 and the probe only");
    }
}

static void signal_it(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, kill(scene->victim, HARMLESS));
    }
}

static void signal_group(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, kill(-scene->victim, HARMLESS));
    }
}

static void signal_thread(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, syscall(SYS_tgkill, scene->victim, scene->victim, HARMLESS));
    }
}

static void queue_signal(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, sigqueue(scene->victim, HARMLESS, (union sigval){.sival_int = 1}));
    }
}

static void signal_by_descriptor(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (!have_victim(scene, finding)) {
        return;
    }
    long fd = syscall(SYS_pidfd_open, scene->victim, 0);
    judge(scene, finding, fd < 0 ? fd : syscall(SYS_pidfd_send_signal, fd, HARMLESS, NULL, 0));
}

/* A socket that tells its owner of urgent data. */
static void signal_by_socket(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        judge(scene, finding, fd < 0 ? fd : fcntl(fd, F_SETOWN, scene->victim));
    }
}

/* Everybody whom this user may signal. Nothing in here tells whom it reached: the victim is asked, outside. */
static void signal_all(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (scene->control) {
        found(finding, OUTCOME_SKIPPED, "", "it would reach every process of this host");
        return;
    }
    if (kill(-1, HARMLESS) < 0 && errno != ESRCH) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    found(finding, OUTCOME_HELD, BY_PID, "sent to all; whether the victim heard of it is under 'outside'");
}

static void trace(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        /* Seizing does not stop it; it is let go when this process ends. */
        judge(scene, finding, ptrace(PTRACE_SEIZE, scene->victim, NULL, NULL));
    }
}

static void judge_bytes(const struct scene *scene, struct finding *finding, ssize_t got, const char *bytes)
{
    size_t length = strlen(scene->secret);
    if (got < 0) {
        judge(scene, finding, got);
    } else if ((size_t)got == length && memcmp(bytes, scene->secret, length) == 0) {
        found(finding, OUTCOME_OPEN, "", "the secret in the memory of process %d was read", scene->victim);
    } else {
        found(finding, OUTCOME_HELD, BY_PID, "the memory of another process of that number");
    }
}

static void read_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char bytes[256] = "";
    (void)attempt;
    if (have_victim(scene, finding)) {
        struct iovec here = {.iov_base = bytes, .iov_len = strlen(scene->secret)};
        struct iovec there = {.iov_base = (void *)(uintptr_t)scene->address, .iov_len = here.iov_len};
        judge_bytes(scene, finding, process_vm_readv(scene->victim, &here, 1, &there, 1, 0), bytes);
    }
}

static void write_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char byte = 1;
    (void)attempt;
    if (have_victim(scene, finding)) {
        struct iovec here = {.iov_base = &byte, .iov_len = 1};
        struct iovec there = {.iov_base = (void *)(uintptr_t)scene->spot, .iov_len = 1};
        judge(scene, finding, process_vm_writev(scene->victim, &here, 1, &there, 1, 0));
    }
}

static void open_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[64];
    char bytes[256] = "";
    (void)attempt;
    if (!have_victim(scene, finding)) {
        return;
    }
    snprintf(path, sizeof(path), "/proc/%d/mem", scene->victim);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        found_held(scene, finding, errno, errno == ENOENT ? BY_PID : NULL);
        return;
    }
    judge_bytes(scene, finding, pread(fd, bytes, strlen(scene->secret), (off_t)scene->address), bytes);
}

static void take_descriptor(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        long fd = syscall(SYS_pidfd_open, scene->victim, 0);
        judge(scene, finding, fd < 0 ? fd : syscall(SYS_pidfd_getfd, fd, 1, 0));
    }
}

static void change_limits(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct rlimit limit;
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, prlimit(scene->victim, RLIMIT_CORE, NULL, &limit));
    }
}

static void change_priority(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, setpriority(PRIO_PROCESS, (id_t)scene->victim, 19));
    }
}

static void change_processors(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    cpu_set_t set;
    (void)attempt;
    if (have_victim(scene, finding)) {
        CPU_ZERO(&set);
        sched_getaffinity(0, sizeof(set), &set);
        judge(scene, finding, sched_setaffinity(scene->victim, sizeof(set), &set));
    }
}

static void move_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned long node = 1;
    (void)attempt;
    if (have_victim(scene, finding)) {
        judge(scene, finding, syscall(SYS_migrate_pages, scene->victim, 8 * sizeof(node), &node, &node));
    }
}

/* A process that has left the session and its parent. It holds a lock, so that the launcher's side sees it. */
static void stay(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int ready[2];
    char byte;
    if (pipe2(ready, O_CLOEXEC) < 0) {
        return;
    }
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            int fd = open("left-behind", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            for (int signal_number = 1; signal_number < NSIG; signal_number++) {
                signal(signal_number, SIG_IGN);
            }
            if (fd >= 0 && flock(fd, LOCK_EX) == 0 && write(ready[1], "x", 1) == 1) {
                syscall(SYS_close_range, 0U, fd - 1, 0U);
                sleep(scene->control ? 3 : 30);
            }
        }
        _exit(0);
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) == 1) {
        found(finding, OUTCOME_HELD, BY_PID, "it was left; whether it outlived the run is under 'outside'");
    } else {
        found(finding, OUTCOME_SKIPPED, "", "no process could be left");
    }
}

const struct attempt attempts_on_processes[] = {
    {.wall = "processes", .name = "see", .text = "see processes of the host in /proc", .act = see},
    {.wall = "processes", .name = "signal", .text = "signal a process of the same user outside", .act = signal_it},
    {.wall = "processes", .name = "signal-group", .text = "signal its process group", .act = signal_group},
    {.wall = "processes",
     .name = "signal-own-group",
     .text = "signal the caller's process group, by kill(0)",
     .act = signal_own_group},
    {.wall = "processes", .name = "signal-thread", .text = "signal it by tgkill", .act = signal_thread},
    {.wall = "processes", .name = "signal-queue", .text = "queue a signal to it", .act = queue_signal},
    {.wall = "processes", .name = "signal-pidfd", .text = "signal it through a pidfd", .act = signal_by_descriptor},
    {.wall = "processes", .name = "signal-socket", .text = "have a socket signal it", .act = signal_by_socket},
    {.wall = "processes", .name = "signal-all", .text = "signal everybody, by kill(-1)", .act = signal_all},
    {.wall = "processes", .name = "trace", .text = "trace it", .act = trace},
    {.wall = "processes", .name = "read-memory", .text = "read its memory by process_vm_readv", .act = read_memory},
    {.wall = "processes", .name = "write-memory", .text = "write its memory by process_vm_writev", .act = write_memory},
    {.wall = "processes", .name = "open-memory", .text = "read its /proc/PID/mem", .act = open_memory},
    {.wall = "processes", .name = "take-descriptor", .text = "take one of its descriptors", .act = take_descriptor},
    {.wall = "processes", .name = "limits", .text = "read or set its resource limits", .act = change_limits},
    {.wall = "processes", .name = "priority", .text = "change its priority", .act = change_priority},
    {.wall = "processes", .name = "processors", .text = "change which processors it uses", .act = change_processors},
    {.wall = "processes", .name = "migrate", .text = "move its memory to another node", .act = move_memory},
    {.wall = "processes", .name = "stay", .text = "leave a process behind that outlives the run", .act = stay},
    {0},
};
