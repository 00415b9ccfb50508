/* SPDX-License-Identifier: BSD-2-Clause
 * steps: runs a command and interferes with one system call by which its processes open or change files.
 *
 *   steps REPORT list COMMAND...                    tells each: "step ROLE NUMBER NTH NAME-OR-PATH"
 *   steps REPORT FAULT ROLE NUMBER NTH COMMAND...   the NTH call NUMBER of ROLE, threads counted with their process
 *
 * FAULT: kill (its process gets SIGKILL before the call), killed (after it), all (every process of the command, before
 * it), stop (SIGSTOP; "stopped PID" is told), -ERRNO (the call is not made and fails), -ERRNO+ (so do all calls of that
 * number from then on, in every process: a disk that is gone). ROLE is a path of births: "0" the command itself, "0.1"
 * its first child. Unlike inject.c it goes on until the last of the processes has ended, those in the background too,
 * and follows what they execute.
 *
 * The report ends in "fired N". Exit status: the command's, 128 + signal, or 199: steps itself failed, or took longer
 * than ten minutes. x86-64 only (ptrace(2)). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/ptrace.h>

enum { TASKS = 512, PROCESSES = 128, NUMBERS = 512 };

struct process {
    char role[64];
    pid_t pid;
    int children;
    int calls[NUMBERS];
};

struct task {
    pid_t pid;
    int process; /* index; -1 while its birth was not told, -2: and it waits for that */
    bool fail, kill;
    struct user_regs_struct before; /* the call that fails, as it was asked for */
};

static struct process processes[PROCESSES];
static int process_count;
static struct task tasks[TASKS];
static int task_count;
static FILE *report;

static const char *fault; /* NULL: list */
static const char *wanted_role;
static int wanted_number, wanted_nth;
static int fired;

/* The calls that open or change files, and where their name is: 0: the descriptor in the first argument, 1: a path
 * there, 2: a path in the second, which belongs to the descriptor in the first, 4: in the fourth. */
static const struct call {
    int number, name;
} calls[] = {
    {SYS_write, 0},     {SYS_pwrite64, 0},   {SYS_writev, 0},    {SYS_pwritev, 0},   {SYS_fsync, 0},
    {SYS_fdatasync, 0}, {SYS_syncfs, 0},     {SYS_ftruncate, 0}, {SYS_fallocate, 0}, {SYS_copy_file_range, 0},
    {SYS_fchmod, 0},    {SYS_flock, 0},      {SYS_sendfile, 0},  {SYS_mkdir, 1},     {SYS_rename, 1},
    {SYS_mkdirat, 2},   {SYS_openat, 2},     {SYS_openat2, 2},   {SYS_unlinkat, 2},  {SYS_fchmodat, 2},
    {SYS_utimensat, 2}, {SYS_renameat, 4},   {SYS_renameat2, 4}, {SYS_linkat, 4},    {SYS_mknodat, 2},
    {SYS_symlinkat, 3}, {SYS_getdents64, 0},
};

static void die(const char *what)
{
    perror(what);
    exit(199);
}

static int add_process(const char *role, pid_t pid)
{
    if (process_count == PROCESSES) {
        die("too many processes");
    }
    snprintf(processes[process_count].role, sizeof(processes[0].role), "%s", role);
    processes[process_count].pid = pid;
    return process_count++;
}

static struct task *find_task(pid_t pid)
{
    for (int i = 0; i < task_count; i++) {
        if (tasks[i].pid == pid) {
            return &tasks[i];
        }
    }
    if (task_count == TASKS) {
        die("too many tasks");
    }
    tasks[task_count] = (struct task){.pid = pid, .process = -1};
    return &tasks[task_count++];
}

static void forget_task(pid_t pid)
{
    for (int i = 0; i < task_count; i++) {
        if (tasks[i].pid == pid) {
            tasks[i] = tasks[--task_count];
            return;
        }
    }
}

static void on_birth(struct task *parent, bool thread)
{
    unsigned long child = 0;
    int of = parent->process;
    if (of < 0 || ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &child) < 0) {
        return; /* the parent was killed meanwhile */
    }
    struct task *born = find_task((pid_t)child);
    bool waiting = born->process == -2;
    if (thread) {
        born->process = of;
    } else {
        char role[64];
        snprintf(role, sizeof(role), "%.48s.%d", processes[of].role, ++processes[of].children);
        born->process = add_process(role, (pid_t)child);
    }
    if (waiting) {
        ptrace(PTRACE_SYSCALL, born->pid, 0, 0);
    }
}

static const struct call *find_call(unsigned long long number)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if ((unsigned long long)calls[i].number == number) {
            return &calls[i];
        }
    }
    return NULL;
}

/* The name that a call is about: of a descriptor, or a path as the caller wrote it. */
static void name_of(pid_t pid, const struct call *call, const unsigned long long *arguments, char *name, size_t size)
{
    name[0] = '\0';
    if (call->name == 0) {
        char link[64];
        snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)arguments[0]);
        ssize_t length = readlink(link, name, size - 1);
        name[length > 0 ? length : 0] = '\0';
        return;
    }
    struct iovec to = {name, size - 1};
    struct iovec from = {(void *)(size_t)arguments[call->name - 1], size - 1}; // NOLINT(performance-no-int-to-ptr)
    for (; from.iov_len > 0; from.iov_len /= 2) { /* the string may lie at the end of what is mapped */
        to.iov_len = from.iov_len;
        ssize_t got = process_vm_readv(pid, &to, 1, &from, 1, 0);
        if (got > 0) {
            name[got] = '\0';
            return;
        }
    }
}

/* Not messages, nor what processes tell each other, nor the libraries that a program is loaded with. */
static bool is_of_files(pid_t pid, const struct call *call, const unsigned long long *arguments)
{
    char name[512];
    name_of(pid, call, arguments, name, sizeof(name));
    if (call->name == 0) {
        return arguments[0] > STDERR_FILENO && name[0] == '/';
    }
    static const char *const system[] = {"/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/dev/"};
    bool of_system = false;
    for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
        of_system |= strncmp(name, system[i], strlen(system[i])) == 0;
    }
    return !of_system;
}

static void kill_all(void)
{
    for (int i = 0; i < process_count; i++) {
        if (processes[i].pid != 0) {
            kill(processes[i].pid, SIGKILL);
        }
    }
}

/* Lets the call fail by itself, with a descriptor that is none: one of number -1 would be refused by the filter of a
 * process that has one. The answer is changed afterwards. */
static void make_fail(struct task *task, const struct call *call)
{
    ptrace(PTRACE_GETREGS, task->pid, 0, &task->before);
    struct user_regs_struct registers = task->before;
    if (call->name == 1) {
        registers.orig_rax = (unsigned long long)-1;
    } else if (call->number == SYS_symlinkat) {
        registers.rsi = (unsigned long long)-1;
    } else {
        registers.rdi = (unsigned long long)-1;
    }
    ptrace(PTRACE_SETREGS, task->pid, 0, &registers);
    task->fail = true;
}

static void meddle(struct task *task, const struct process *process, const struct call *call)
{
    fired++;
    if (strcmp(fault, "all") == 0) {
        kill_all();
    } else if (strcmp(fault, "kill") == 0) {
        kill(process->pid, SIGKILL);
    } else if (strcmp(fault, "stop") == 0) {
        kill(process->pid, SIGSTOP);
        fprintf(report, "stopped %d\n", (int)process->pid);
        fflush(report);
    } else if (strcmp(fault, "killed") == 0) {
        task->kill = true;
    } else {
        make_fail(task, call);
    }
}

static void on_entry(struct task *task, const struct ptrace_syscall_info *info)
{
    struct process *process = &processes[task->process];
    unsigned long long arguments[6];
    const struct call *call = find_call(info->entry.nr);
    for (int i = 0; i < 6; i++) {
        arguments[i] = info->entry.args[i];
    }
    if (call == NULL) {
        return;
    }
    int nth = ++process->calls[call->number];
    if (fault == NULL) {
        char name[512];
        name_of(task->pid, call, arguments, name, sizeof(name));
        fprintf(report, "step %s %d %d %s\n", process->role, call->number, nth, name);
        return;
    }
    bool this_one = fired == 0 && nth == wanted_nth && strcmp(process->role, wanted_role) == 0;
    bool ever_after = fired > 0 && strchr(fault, '+') != NULL;
    if (call->number == wanted_number && (this_one || (ever_after && is_of_files(task->pid, call, arguments)))) {
        meddle(task, process, call);
    }
}

static void on_call(struct task *task)
{
    struct ptrace_syscall_info info;
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) <= 0) {
        return;
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        on_entry(task, &info);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->kill) {
        kill(processes[task->process].pid, SIGKILL);
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->fail) {
        ptrace(PTRACE_GETREGS, task->pid, 0, &registers);
        registers.rax = (unsigned long long)atol(fault);
        registers.rdi = task->before.rdi;
        registers.rsi = task->before.rsi;
        ptrace(PTRACE_SETREGS, task->pid, 0, &registers);
        task->fail = false;
    }
}

/* True when the task must not be resumed yet. */
static bool on_event(struct task *task, int event)
{
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
        on_birth(task, false);
    } else if (event == PTRACE_EVENT_CLONE) {
        on_birth(task, true);
    } else if (event == PTRACE_EVENT_EXEC && strcmp(processes[task->process].role, "0") == 0) {
        memset(processes[task->process].calls, 0, sizeof(processes[0].calls));
    } else if (event == PTRACE_EVENT_STOP && task->process == -1) {
        task->process = -2;
        return true;
    }
    return false;
}

static void on_stop(pid_t pid, int status)
{
    struct task *task = find_task(pid);
    int event = status >> 16;
    int signal = WSTOPSIG(status);
    if (event != 0) {
        if (event == PTRACE_EVENT_STOP && signal != SIGTRAP && task->process >= 0) {
            ptrace(PTRACE_LISTEN, pid, 0, 0); /* stopped by a signal, until another one wakes it */
        } else if (!on_event(task, event)) {
            ptrace(PTRACE_SYSCALL, pid, 0, 0);
        }
    } else if (signal == (SIGTRAP | 0x80)) {
        if (task->process >= 0) {
            on_call(task);
        }
        ptrace(PTRACE_SYSCALL, pid, 0, 0);
    } else {
        ptrace(PTRACE_SYSCALL, pid, 0, signal);
    }
}

static pid_t start(char **command)
{
    int go[2];
    if (pipe2(go, O_CLOEXEC) < 0) {
        die("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        close(go[1]);
        (void)!read(go[0], &byte, 1);
        execv(command[0], command);
        _exit(199);
    }
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                   PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, pid, 0, options) < 0) {
        die("seize");
    }
    find_task(pid)->process = add_process("0", pid);
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    close(go[0]);
    close(go[1]);
    return pid;
}

static int watch(pid_t command)
{
    int result = 0;
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == ECHILD) {
            return result;
        }
        if (pid > 0 && WIFSTOPPED(status)) {
            on_stop(pid, status);
        } else if (pid > 0) {
            forget_task(pid);
            for (int i = 0; i < process_count; i++) {
                processes[i].pid = processes[i].pid == pid ? 0 : processes[i].pid;
            }
            result = pid == command ? status : result;
        }
    }
}

int main(int argc, char **argv)
{
    bool list = argc > 3 && strcmp(argv[2], "list") == 0;
    if (argc < (list ? 4 : 7)) {
        fprintf(stderr, "usage: steps REPORT list COMMAND... | steps REPORT FAULT ROLE NUMBER NTH COMMAND...\n");
        return 199;
    }
    if (!list) {
        fault = argv[2];
        wanted_role = argv[3];
        wanted_number = atoi(argv[4]);
        wanted_nth = atoi(argv[5]);
    }
    report = fopen(argv[1], "we");
    if (report == NULL) {
        die(argv[1]);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    alarm(600);
    int status = watch(start(argv + (list ? 3 : 6)));
    fprintf(report, "fired %d\n", fired);
    fclose(report);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
