/* SPDX-License-Identifier: BSD-2-Clause
 * load: starts the same command many times, all at once or one after the other, and prints how long each took from its
 * start to its end: the median, the 90th percentile, the worst, and the time of all together.
 *
 * usage: load NAME ROUNDS AT-ONCE COMMAND...
 *
 * At once: all processes are there and wait at a pipe, which then is opened for all of them in one moment. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE_MOST = 4096 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static pid_t start(const int gate[2], char **argv)
{
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        int null = open("/dev/null", O_RDWR);
        close(gate[1]);
        dup2(null, 0);
        dup2(null, 1);
        (void)!read(gate[0], &byte, 1); /* until its other end is closed */
        execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

/* Adds as many times to `times`; the number that failed. */
static int round_of(int at_once, char **argv, double *times)
{
    static pid_t pids[AT_ONCE_MOST];
    int gate[2];
    int failed = 0;
    if (pipe2(gate, O_CLOEXEC) < 0) {
        exit(1);
    }
    for (int i = 0; i < at_once; i++) {
        pids[i] = start(gate, argv);
    }
    close(gate[0]);
    double begun = now_ms();
    close(gate[1]);
    for (int ended = 0; ended < at_once; ended++) {
        int status;
        pid_t pid = wait(&status);
        double took = now_ms() - begun;
        failed += pid < 0 || status != 0;
        times[ended] = took;
    }
    return failed;
}

int main(int argc, char **argv)
{
    int rounds = argc > 4 ? atoi(argv[2]) : 0;
    int at_once = argc > 4 ? atoi(argv[3]) : 0;
    if (rounds < 1 || at_once < 1 || at_once > AT_ONCE_MOST) {
        fprintf(stderr, "usage: load NAME ROUNDS AT-ONCE COMMAND...\n");
        return 2;
    }
    size_t count = (size_t)rounds * (size_t)at_once;
    double *times = calloc(count, sizeof(*times));
    int failed = 0;
    double begun = now_ms();
    for (int i = 0; i < rounds; i++) {
        failed += round_of(at_once, argv + 4, times + (size_t)i * (size_t)at_once);
    }
    double all = now_ms() - begun;
    qsort(times, count, sizeof(*times), ascending);
    printf("%-26s median %8.2f ms  p90 %8.2f ms  worst %8.2f ms  all %9.1f ms  failed %d\n", argv[1], times[count / 2],
           times[count * 9 / 10], times[count - 1], all, failed);
    return failed > 0;
}
