/* SPDX-License-Identifier: BSD-2-Clause
 * inject: runs a command and makes one of its system calls fail, or lie, in one of its processes.
 *
 *   inject REPORT list COMMAND...                     tells each call: "call ROLE NUMBER COUNT"
 *   inject REPORT ROLE NUMBER NTH VALUE COMMAND...    the NTH call NUMBER of ROLE is not made and returns VALUE
 *
 * strace -e inject= does this for all processes of a command at once, so a call that the launcher makes before the
 * first process inside would never be reached there. Here a role is a path of births: "0" is the command itself, "0.1"
 * its first child process, "0.1.2" the second one of that. Threads count with their process. A process that executes a
 * program is let go: what runs inside is not meddled with. A VALUE of -ERRNO is a failure, anything else is a lie;
 * "count" is the third argument, what a write that did all would return.
 *
 * REPORT gets "fired N", "processes N" (that were born), "left N" (processes alive a second after the command ended;
 * they are killed), "hung" after 10 s, and "unreaped". The exit status is the command's, 128 + signal, or 199 for a
 * failure of inject itself. x86-64 only (ptrace(2)). */
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
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ptrace.h>

enum { TASKS = 256, PROCESSES = 64, NUMBERS = 512 };

struct process {
    char role[64];
    int children;
    int calls[NUMBERS];
};

struct task {
    pid_t pid;
    int process; /* index; -1 while its birth was not told yet */
    bool inject; /* the call that it is in shall return the value */
};

static struct process processes[PROCESSES];
static int process_count;
static struct task tasks[TASKS];
static int task_count;
static FILE *report;
static volatile sig_atomic_t hung;

static const char *wanted_role;
static int wanted_number;
static int wanted_nth;
static long wanted_value;
static bool wanted_count;
static int fired;

static void on_alarm(int signal)
{
    (void)signal;
    hung = 1;
}

static void die(const char *what)
{
    perror(what);
    exit(199);
}

static int add_process(const char *role)
{
    if (process_count == PROCESSES) {
        die("too many processes");
    }
    snprintf(processes[process_count].role, sizeof(processes[0].role), "%s", role);
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

/* A child that stops before its parent's event is told waits for it (ptrace(2) leaves the order open). */
static void on_birth(const struct task *parent, bool thread)
{
    unsigned long child = 0;
    int of = parent->process;
    if (of < 0 || ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &child) < 0) {
        die("birth");
    }
    struct task *born = find_task((pid_t)child);
    bool waiting = born->process == -2;
    if (thread) {
        born->process = of;
    } else {
        char role[64];
        if (snprintf(role, sizeof(role), "%.48s.%d", processes[of].role, ++processes[of].children) > 60) {
            die("role");
        }
        born->process = add_process(role);
    }
    if (waiting) {
        ptrace(PTRACE_SYSCALL, born->pid, 0, 0);
    }
}

static void on_call(struct task *task)
{
    struct ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, sizeof(info), &info) <= 0) {
        return;
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr < NUMBERS) {
        struct process *process = &processes[task->process];
        int nth = ++process->calls[info.entry.nr];
        if (wanted_role != NULL && (int)info.entry.nr == wanted_number && nth == wanted_nth &&
            strcmp(process->role, wanted_role) == 0) {
            struct user_regs_struct registers;
            task->inject = true;
            if (info.entry.nr == SYS_close) { /* it gives the descriptor back whatever it returns (close(2)) */
                return;
            }
            ptrace(PTRACE_GETREGS, task->pid, 0, &registers);
            registers.orig_rax = (unsigned long long)-1;
            ptrace(PTRACE_SETREGS, task->pid, 0, &registers);
        }
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->inject) {
        struct user_regs_struct registers;
        ptrace(PTRACE_GETREGS, task->pid, 0, &registers);
        registers.rax = wanted_count ? registers.rdx : (unsigned long long)wanted_value;
        ptrace(PTRACE_SETREGS, task->pid, 0, &registers);
        task->inject = false;
        fired++;
    }
}

/* True when the task was resumed or let go already. */
static bool on_event(struct task *task, int event)
{
    switch (event) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        on_birth(task, false);
        return false;
    case PTRACE_EVENT_CLONE:
        on_birth(task, true);
        return false;
    case PTRACE_EVENT_EXEC: {
        pid_t pid = task->pid;
        if (strcmp(processes[task->process].role, "0") == 0) {
            memset(processes[task->process].calls, 0, sizeof(processes[0].calls)); /* those of inject's own child */
            return false;
        }
        forget_task(pid);
        ptrace(PTRACE_DETACH, pid, 0, 0);
        return true;
    }
    case PTRACE_EVENT_STOP:
        if (task->process == -1) {
            task->process = -2;
            return true;
        }
        return false;
    default:
        return false;
    }
}

static void on_stop(pid_t pid, int status)
{
    struct task *task = find_task(pid);
    int event = status >> 16;
    int signal = WSTOPSIG(status);
    if (event != 0) {
        bool group_stop = event == PTRACE_EVENT_STOP && task->process >= 0 && signal != SIGTRAP;
        if (group_stop) {
            ptrace(PTRACE_LISTEN, pid, 0, 0);
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
    find_task(pid)->process = add_process("0");
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    close(go[0]);
    close(go[1]);
    return pid;
}

/* Ends what is left of a run: children come to this process (PR_SET_CHILD_SUBREAPER). Returns how many there were. */
static int end_rest(void)
{
    int count = 0;
    for (int i = 0; i < task_count; i++) {
        count += kill(tasks[i].pid, SIGKILL) == 0;
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    for (int round = 0; round < 50; round++) {
        FILE *children = fopen(path, "re");
        int pid;
        while (children != NULL && fscanf(children, "%d", &pid) == 1) {
            count += round == 0;
            kill(pid, SIGKILL);
        }
        if (children != NULL) {
            fclose(children);
        }
        while (waitpid(-1, NULL, WNOHANG | __WALL) > 0) {
        }
        usleep(2000);
    }
    return count;
}

static void watch(pid_t command, int *ret_status)
{
    bool ended = false;
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == ECHILD) {
            return;
        }
        if (pid < 0) {
            if (!hung) {
                continue;
            }
            fprintf(report, ended ? "left %d\n" : "hung %d\n", end_rest());
            return;
        }
        if (WIFSTOPPED(status)) {
            on_stop(pid, status);
            continue;
        }
        forget_task(pid);
        if (pid == command) {
            *ret_status = status;
            ended = true;
            setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_sec = 1}}, NULL);
        }
    }
}

static void tell_calls(void)
{
    for (int i = 0; i < process_count; i++) {
        for (int number = 0; number < NUMBERS; number++) {
            if (processes[i].calls[number] > 0) {
                fprintf(report, "call %s %d %d\n", processes[i].role, number, processes[i].calls[number]);
            }
        }
    }
}

int main(int argc, char **argv)
{
    bool list = argc > 3 && strcmp(argv[2], "list") == 0;
    if (argc < (list ? 4 : 7)) {
        fprintf(stderr, "usage: inject REPORT list COMMAND... | inject REPORT ROLE NUMBER NTH VALUE COMMAND...\n");
        return 199;
    }
    if (!list) {
        wanted_role = argv[2];
        wanted_number = atoi(argv[3]);
        wanted_nth = atoi(argv[4]);
        wanted_count = strcmp(argv[5], "count") == 0;
        wanted_value = atol(argv[5]);
    }
    report = fopen(argv[1], "we");
    if (report == NULL) {
        die(argv[1]);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {.tv_sec = 10}}, NULL);
    int status = 0;
    pid_t command = start(argv + (list ? 3 : 6));
    watch(command, &status);
    fprintf(report, "fired %d\nprocesses %d\n", fired, process_count);
    if (list) {
        tell_calls();
    }
    fclose(report);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
