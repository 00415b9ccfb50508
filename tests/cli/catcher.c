/* SPDX-License-Identifier: BSD-2-Clause
 * catcher FILE: tries until FILE exists to get hold of each process that comes into this PID namespace: what it
 * executes, its descriptors, its memory. Prints "caught ..." when one was still the launcher's program, and at the end
 * how many it traced that were not: 0 would mean that the test cannot bite. For enter.bats. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* 1 the launcher, 0 another program, -1 it may not be known */
static int is_launcher(int pid)
{
    char link[64];
    char target[4096];
    snprintf(link, sizeof(link), "/proc/%d/exe", pid);
    ssize_t length = readlink(link, target, sizeof(target) - 1);
    if (length <= 0) {
        return -1;
    }
    target[length] = '\0';
    return strstr(target, "sciwrap") != NULL;
}

static int can_list_descriptors(int pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return 0;
    }
    closedir(folder);
    return 1;
}

static int attempt(int pid)
{
    int listed = can_list_descriptors(pid);
    if (is_launcher(pid) == 1) {
        printf("caught the program of %d%s\n", pid, listed ? " and its descriptors" : "");
    }
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) {
        return 0;
    }
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0) {
        waitpid(pid, NULL, __WALL);
    }
    if (is_launcher(pid) == 1) {
        printf("caught %d by tracing\n", pid);
    }
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return 1;
}

int main(int argc, char **argv)
{
    int traced = 0;
    while (argc > 1 && access(argv[1], F_OK) < 0) {
        struct dirent *entry;
        DIR *proc = opendir("/proc");
        while (proc != NULL && (entry = readdir(proc)) != NULL) {
            int pid = atoi(entry->d_name);
            if (pid > 1 && pid != getpid()) {
                traced += attempt(pid);
            }
        }
        if (proc != NULL) {
            closedir(proc);
        }
    }
    printf("traced %d\n", traced);
    return 0;
}
