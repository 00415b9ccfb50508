/* SPDX-License-Identifier: BSD-2-Clause
 * pairs: runs two commands in turn and prints both medians, their best and 90th percentiles, processor time, peak
 * memories, and the ratios: on a machine that does other things too, that of the best is nearer to the truth than that
 * of the medians, and the processors' time hardly depends on the others at all.
 *
 * usage: pairs RUNS NAME-A NAME-B COMMAND-A ... -- COMMAND-B ...
 *
 * A program of its own because a shell's fork costs more than what is measured. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

struct series {
    const char *name;
    char **argv;
    double *milliseconds;
    double *processor; /* milliseconds of all its processes */
    long peak_kib;     /* of the largest single process */
};

extern char **environ;

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double milliseconds(struct timeval time)
{
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void run_once(struct series *series, int run, const posix_spawn_file_actions_t *quiet)
{
    pid_t pid;
    int status;
    struct rusage usage;
    double begun = now_ms();
    if (posix_spawnp(&pid, series->argv[0], quiet, NULL, series->argv, environ) != 0 ||
        wait4(pid, &status, 0, &usage) < 0 || status != 0) {
        fprintf(stderr, "pairs: '%s' failed\n", series->name);
        exit(1);
    }
    if (run >= 0) {
        series->milliseconds[run] = now_ms() - begun;
        series->processor[run] = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
        series->peak_kib = usage.ru_maxrss > series->peak_kib ? usage.ru_maxrss : series->peak_kib;
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    int runs = argc > 1 ? atoi(argv[1]) : 0;
    int split = 4;
    while (split < argc && strcmp(argv[split], "--") != 0) {
        split++;
    }
    if (runs < 1 || runs > 100000 || split + 1 >= argc) {
        fprintf(stderr, "usage: pairs RUNS NAME-A NAME-B COMMAND-A ... -- COMMAND-B ...\n");
        return 2;
    }
    argv[split] = NULL;
    struct series series[2] = {{.name = argv[2], .argv = argv + 4}, {.name = argv[3], .argv = argv + split + 1}};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    for (int s = 0; s < 2; s++) {
        series[s].milliseconds = calloc((size_t)runs, sizeof(double));
        series[s].processor = calloc((size_t)runs, sizeof(double));
        run_once(&series[s], -1, &quiet); /* warm */
    }
    for (int run = 0; run < runs; run++) {
        run_once(&series[0], run, &quiet);
        run_once(&series[1], run, &quiet);
    }
    for (int s = 0; s < 2; s++) {
        qsort(series[s].milliseconds, (size_t)runs, sizeof(double), ascending);
        qsort(series[s].processor, (size_t)runs, sizeof(double), ascending);
        printf("%-26s median %6.2f ms  best %6.2f ms  p90 %6.2f ms  processors %6.2f ms  peak %5ld KiB\n",
               series[s].name, series[s].milliseconds[runs / 2], series[s].milliseconds[0],
               series[s].milliseconds[runs * 9 / 10], series[s].processor[runs / 2], series[s].peak_kib);
    }
    printf("%-26s %.3f, of the best %.3f, of processors' time %.3f\n\n", "ratio of medians",
           series[0].milliseconds[runs / 2] / series[1].milliseconds[runs / 2],
           series[0].milliseconds[0] / series[1].milliseconds[0],
           series[0].processor[runs / 2] / series[1].processor[runs / 2]);
    return 0;
}
