/* SPDX-License-Identifier: BSD-2-Clause
 * on_shared: what runs on one kernel share by nature. Each row shows what a run can learn or feel, and what lessens it;
 * nothing that a sandbox of namespaces does takes it away. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "probe/attempt.h"

static void kernel(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct utsname names;
    (void)scene;
    (void)attempt;
    uname(&names);
    found(finding, OUTCOME_SHARED, "a virtual machine", "%s %.80s", names.release, names.version);
}

static void processor(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[16384];
    (void)scene;
    (void)attempt;
    char *model = scene_read_file("/proc/cpuinfo", text, sizeof(text)) > 0 ? strstr(text, "model name\t: ") : NULL;
    if (model == NULL) {
        found(finding, OUTCOME_SHARED, "--cpu-baseline, for the results",
              "the cpuid instruction tells it to everybody");
    } else {
        found(finding, OUTCOME_SHARED, "--cpu-baseline, for the results", "%.*s",
              (int)strcspn(model + strlen("model name\t: "), "\n"), model + strlen("model name\t: "));
    }
}

static void load(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sysinfo info;
    (void)scene;
    (void)attempt;
    sysinfo(&info);
    found(finding, OUTCOME_SHARED, "--cpus", "load %.2f by sysinfo(2)", (double)info.loads[0] / 65536.0);
}

static void memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct sysinfo info;
    (void)scene;
    (void)attempt;
    sysinfo(&info);
    uint64_t total = (uint64_t)info.totalram * info.mem_unit;
    uint64_t unused = (uint64_t)info.freeram * info.mem_unit;
    found(finding, OUTCOME_SHARED, "--memory", "%llu MiB of %llu MiB free by sysinfo(2)",
          (unsigned long long)(unused >> 20), (unsigned long long)(total >> 20));
}

static void clocks(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct timespec now;
    struct timespec boot;
    (void)scene;
    (void)attempt;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    found(finding, OUTCOME_SHARED, "nothing", "the host's time, and that it runs for %lld s", (long long)boot.tv_sec);
}

static void boot_id(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char text[64] = "";
    (void)scene;
    (void)attempt;
    if (scene_read_file("/proc/sys/kernel/random/boot_id", text, sizeof(text)) <= 0) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    found(finding, OUTCOME_SHARED, "a virtual machine", "%s: two runs can tell that they share the host", text);
}

/* Which pages of the program's file are in memory, whoever brought them there. */
static void page_cache(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct stat st;
    unsigned char present[4096];
    size_t pages = 0;
    (void)scene;
    (void)attempt;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0) {
        found(finding, OUTCOME_SKIPPED, "", "the own program cannot be opened: %s", strerror(errno));
        return;
    }
    size_t length = (size_t)st.st_size < sizeof(present) * 4096 ? (size_t)st.st_size : sizeof(present) * 4096;
    size_t all = (length + 4095) / 4096;
    void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED || mincore(map, length, present) < 0) {
        found_held(scene, finding, errno, BY_KERNEL);
        return;
    }
    for (size_t i = 0; i < all; i++) {
        pages += present[i] & 1;
    }
    found(finding, OUTCOME_SHARED, "own copies of files", "%zu of %zu pages of a file are in the host's page cache",
          pages, all);
}

static void disk_space(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct statvfs here;
    (void)scene;
    (void)attempt;
    if (statvfs(".", &here) < 0) {
        found(finding, OUTCOME_SKIPPED, "", "statvfs: %s", strerror(errno));
        return;
    }
    found(finding, OUTCOME_SHARED, "quotas of the file system", "%llu MiB free where the work directory is",
          (unsigned long long)((uint64_t)here.f_bavail * here.f_frsize >> 20));
}

static void mount_paths(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[131072];
    (void)attempt;
    if (scene_read_file("/proc/self/mountinfo", text, sizeof(text)) < 0) {
        found_held(scene, finding, errno, NULL);
    } else if (scene->folder != NULL && strstr(text, scene->folder) != NULL) {
        found(finding, OUTCOME_SHARED, "neutral names for folders",
              "/proc/self/mountinfo tells the path of the work "
              "directory on the host");
    } else {
        found(finding, OUTCOME_SHARED, "neutral names for folders", "/proc/self/mountinfo tells where mounts are from");
    }
}

/* The time of a loop that does nothing else: others on the same core make it longer. */
static void timing(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct timespec before;
    struct timespec after;
    long longest = 0;
    (void)scene;
    (void)attempt;
    for (int i = 0; i < 200000; i++) {
        clock_gettime(CLOCK_MONOTONIC, &before);
        clock_gettime(CLOCK_MONOTONIC, &after);
        long passed = (after.tv_sec - before.tv_sec) * 1000000000 + (after.tv_nsec - before.tv_nsec);
        longest = passed > longest ? passed : longest;
    }
    found(finding, OUTCOME_SHARED, "--private-cores, --cpus", "the longest of 200000 steps took %ld ns", longest);
}

static void caches(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)scene;
    (void)attempt;
    long size = sysconf(_SC_LEVEL3_CACHE_SIZE);
    found(finding, OUTCOME_SHARED, "--private-cores; a machine of its own",
          "%ld KiB of last-level cache, and the memory bus; timing them tells what others do",
          size > 0 ? size >> 10 : 0);
}

static void branch_predictors(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char name[64];
    uint64_t state = 0;
    (void)scene;
    (void)attempt;
    static char text[8192];
    const char *line =
        scene_read_file("/proc/self/status", text, sizeof(text)) > 0 ? strstr(text, "SpeculationIndirect") : NULL;
    (void)state;
    snprintf(name, sizeof(name), "%.*s", line != NULL ? (int)strcspn(line, "\n") : 0, line != NULL ? line : "");
    found(finding, OUTCOME_SHARED, "the kernel's mitigations; --private-cores", "%s",
          name[0] != '\0' ? name
                          : "as the "
                            "kernel has it");
}

#define SHARED(what_name, what, function)                                                                              \
    {                                                                                                                  \
        .wall = "shared", .name = (what_name), .text = (what), .act = (function)                                       \
    }

const struct attempt attempts_on_shared[] = {
    SHARED("kernel", "the kernel, its version and its errors", kernel),
    SHARED("processor", "the model of the processor", processor),
    SHARED("scheduler", "the scheduler: how busy the processors are", load),
    SHARED("memory", "memory: how much is used", memory),
    SHARED("clock", "the clocks", clocks),
    SHARED("boot-id", "the number of this start of the host", boot_id),
    SHARED("page-cache", "the page cache: who read a file", page_cache),
    SHARED("disk", "disks: how full they are", disk_space),
    SHARED("paths", "paths on the host of what is bound", mount_paths),
    SHARED("timing", "timing: how long things take", timing),
    SHARED("caches", "caches and the memory bus", caches),
    SHARED("predictors", "branch predictors", branch_predictors),
    {0},
};
