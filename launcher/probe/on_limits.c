/* SPDX-License-Identifier: BSD-2-Clause
 * on_limits: attempts to use more than the run may. What was not limited is not tried: it would be the host that
 * suffers. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe/attempt.h"

/* What an attempt may use at most: more would be felt by others. */
enum { PROCESSES_MOST = 4096, FILES_MOST = 100000 };
#define BYTES_MOST ((uint64_t)4 << 30)

static bool is_limited(uint64_t limit, const char *option, struct finding *finding)
{
    if (limit == 0) {
        found(finding, OUTCOME_SKIPPED, "", "none was asked for; %s sets it", option);
    }
    return limit != 0;
}

/* The run has PID 1, the probe and this process already. */
static void processes(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    uint64_t made = 0;
    int errnum = 0;
    int hold[2];
    (void)attempt;
    if (!is_limited(scene->pids, "--pids", finding)) {
        return;
    }
    if (scene->pids > PROCESSES_MOST || pipe2(hold, O_CLOEXEC) < 0) {
        found(finding, OUTCOME_SKIPPED, "", "%llu processes would be felt by others", (unsigned long long)scene->pids);
        return;
    }
    while (made <= scene->pids && errnum == 0) {
        pid_t child = fork();
        if (child == 0) {
            char byte;
            close(hold[1]);
            _exit(read(hold[0], &byte, 1) == 0 ? 0 : 1); /* until this process closes its end */
        }
        errnum = child < 0 ? errno : 0;
        made += child > 0;
    }
    close(hold[1]);
    while (waitpid(-1, NULL, 0) > 0) {
    }
    if (errnum == EAGAIN && made + 2 <= scene->pids) {
        found(finding, OUTCOME_HELD, BY_LIMIT, "refused after %llu besides the probe's two", (unsigned long long)made);
    } else {
        found(finding, OUTCOME_OPEN, "", "%llu processes besides the probe's two", (unsigned long long)made);
    }
}

/* Touches memory in a child until it is refused or ended. */
static void memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    enum { PIECE = 1 << 20 };
    struct sysinfo info;
    (void)attempt;
    if (!is_limited(scene->memory, "--memory", finding)) {
        return;
    }
    uint64_t most = scene->memory + scene->memory / 4 + 16 * (uint64_t)PIECE;
    if (sysinfo(&info) < 0 || most > (uint64_t)info.freeram * info.mem_unit / 2 || most > BYTES_MOST) {
        found(finding, OUTCOME_SKIPPED, "", "so much memory would be felt by others");
        return;
    }
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        for (uint64_t used = 0; used < most; used += PIECE) {
            void *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (piece == MAP_FAILED) {
                _exit(1);
            }
            memset(piece, 1, PIECE);
        }
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        found(finding, OUTCOME_OPEN, "", "%llu MiB were used", (unsigned long long)(most >> 20));
    } else {
        found(finding, OUTCOME_HELD, BY_LIMIT, WIFSIGNALED(status) ? "the process was ended" : "no more was given");
    }
}

enum { SPAN_MS = 300, SPANS = 5 };

static void burn(void)
{
    struct timespec now;
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < SPAN_MS);
}

/* So many processes at full speed; how much processor time they got, in milliseconds. */
static double use_processors(uint64_t count)
{
    struct rusage usage;
    static double before;
    for (uint64_t i = 0; i < count; i++) {
        if (fork() == 0) {
            burn();
            _exit(0);
        }
    }
    while (waitpid(-1, NULL, 0) > 0) {
    }
    getrusage(RUSAGE_CHILDREN, &usage);
    double used = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000.0 +
                  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000.0;
    double more = used - before;
    before = used;
    return more;
}

/* One process more than the run may use processors, wherever it lets itself be put. On a busy host it does not get its
 * share at once. */
static void processors(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    cpu_set_t all;
    double most = 0;
    (void)attempt;
    if (!is_limited(scene->cpus, "--cpus", finding)) {
        return;
    }
    long online = sysconf(_SC_NPROCESSORS_CONF);
    if ((uint64_t)online <= scene->cpus || scene->cpus > 64) {
        found(finding, OUTCOME_SKIPPED, "", "this host has no more than %ld", online);
        return;
    }
    memset(&all, 0xff, sizeof(all));
    (void)sched_setaffinity(0, sizeof(all), &all);
    if (sched_getaffinity(0, sizeof(all), &all) == 0 && (uint64_t)CPU_COUNT(&all) <= scene->cpus) {
        found(finding, OUTCOME_HELD, BY_LIMIT, "it cannot choose others than its %d", CPU_COUNT(&all));
        return;
    }
    for (int i = 0; i < SPANS && most <= ((double)scene->cpus + 0.35) * SPAN_MS; i++) {
        double used = use_processors(scene->cpus + 1);
        most = used > most ? used : most;
    }
    double share = most / SPAN_MS;
    if (share > (double)scene->cpus + 0.35) {
        found(finding, OUTCOME_OPEN, "", "it used %.1f processors", share);
    } else if (share > (double)scene->cpus * 0.8) {
        found(finding, OUTCOME_HELD, BY_LIMIT, "it used %.1f processors at most", share);
    } else {
        found(finding, OUTCOME_SKIPPED, "", "the host is too busy to see it: %.1f processors were to be had", share);
    }
}

/* The launcher ends the run meanwhile: no answer is the right one. */
static void duration(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (!is_limited(scene->time_s, "--time", finding)) {
        return;
    }
    if (scene->time_s > 5) {
        found(finding, OUTCOME_SKIPPED, "", "it would take %llu s to see", (unsigned long long)scene->time_s);
        return;
    }
    sleep((unsigned)scene->time_s + 3);
    found(finding, OUTCOME_OPEN, "", "the run goes on after %llu s", (unsigned long long)scene->time_s + 3);
}

static void file_size(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (!is_limited(scene->file_size, "--file-size", finding)) {
        return;
    }
    signal(SIGXFSZ, SIG_IGN);
    int fd = open("large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        found(finding, OUTCOME_SKIPPED, "", "no file can be made in the work directory: %s", strerror(errno));
        return;
    }
    /* One byte behind the limit: a file with a hole takes no space. */
    if (pwrite(fd, "x", 1, (off_t)scene->file_size) == 1) {
        found(finding, OUTCOME_OPEN, "", "a file of %llu bytes", (unsigned long long)scene->file_size + 1);
    } else {
        found_held(scene, finding, errno, BY_LIMIT);
    }
    unlink("large");
}

static void open_files(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    uint64_t count = 0;
    (void)attempt;
    if (!is_limited(scene->open_files, "--open-files", finding)) {
        return;
    }
    struct rlimit more = {.rlim_cur = scene->open_files + 64, .rlim_max = scene->open_files + 64};
    (void)setrlimit(RLIMIT_NOFILE, &more);
    while (count <= scene->open_files && count < FILES_MOST && open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) {
        count++;
    }
    if (count > scene->open_files) {
        found(finding, OUTCOME_OPEN, "", "%llu files", (unsigned long long)count);
    } else {
        found_held(scene, finding, errno, BY_LIMIT);
    }
}

const struct attempt attempts_on_limits[] = {
    {.wall = "limits", .name = "pids", .text = "make more processes than allowed", .act = processes},
    {.wall = "limits", .name = "cpus", .text = "use more processors than allowed", .act = processors},
    {.wall = "limits", .name = "file-size", .text = "write a larger file than allowed", .act = file_size},
    {.wall = "limits", .name = "open-files", .text = "open more files than allowed", .act = open_files},
    {.wall = "limits", .name = "memory", .text = "use more memory than allowed", .act = memory, .only_with = "memory"},
    {.wall = "limits", .name = "time", .text = "run longer than allowed", .act = duration, .only_with = "time"},
    {0},
};
