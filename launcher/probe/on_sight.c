/* SPDX-License-Identifier: BSD-2-Clause
 * on_sight: attempts to read what /proc and /sys tell of the whole machine. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/attempt.h"

enum { TEXT_MOST = 65536 };
static char text[TEXT_MOST];

/* "/proc/NAME" of an attempt's name, with dots for slashes. */
static const char *path_of(const struct attempt *attempt)
{
    static char path[128];
    snprintf(path, sizeof(path), "/proc/%s", attempt->name);
    for (char *at = path; *at != '\0'; at++) {
        *at = *at == '.' ? '/' : *at;
    }
    return path;
}

/* Is something else than the kernel's own file there, or instead of the folder that it should be in? */
static bool is_covered(const char *path)
{
    struct stat here;
    struct stat proc;
    char folder[128];
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
    bool found_it = stat(path, &here) == 0 || stat(folder, &here) == 0;
    return found_it && stat("/proc", &proc) == 0 && here.st_dev != proc.st_dev;
}

/* Nothing to read, or nothing of the kernel's. */
static bool is_hidden(const struct scene *scene, const char *path, struct finding *finding)
{
    bool covered = is_covered(path);
    ssize_t got = scene_read_file(path, text, sizeof(text));
    if (got < 0 && errno == EAGAIN) {
        return false; /* open, and nothing new in it */
    }
    if (got < 0) {
        found_held(scene, finding, errno, covered ? "covered" : errno == ENOENT ? BY_KERNEL : NULL);
    } else if (got == 0 || covered) {
        found(finding, OUTCOME_HELD, "covered", got == 0 ? "it is empty" : "fixed values");
    } else {
        return false;
    }
    return true;
}

static void secret(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    const char *path = path_of(attempt);
    if (!is_hidden(scene, path, finding)) {
        found(finding, OUTCOME_OPEN, "", "%s can be read", path);
    }
}

/* Files of addresses show zeroes to whom the kernel does not trust. */
static void addresses(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    const char *path = path_of(attempt);
    if (is_hidden(scene, path, finding)) {
        return;
    }
    size_t blank = strspn(text, "0 \n");
    if (blank > 0 && strspn(text, "0") >= 8) {
        found(finding, OUTCOME_HELD, BY_KERNEL, "its addresses are zero");
    } else {
        found(finding, OUTCOME_OPEN, "", "%s shows addresses", path);
    }
}

/* Figures of the host's use: what no unprivileged mount can hide is told as shared. */
static void figures(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    const char *path = path_of(attempt);
    if (!is_hidden(scene, path, finding)) {
        found(finding, OUTCOME_SHARED, "a virtual machine", "%s shows the host's figures", path);
    }
}

/* The ways to the folders of devices that were let in. */
static bool is_of_devices(const struct scene *scene, const char *name)
{
    return scene->devices != NULL && (strcmp(name, "dev") == 0 || strcmp(name, "devices") == 0 ||
                                      strcmp(name, "class") == 0 || strcmp(name, "bus") == 0);
}

static void system_tree(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned entries = 0;
    unsigned of_devices = 0;
    DIR *dir = opendir("/sys");
    struct dirent *entry;
    (void)attempt;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        bool asked = is_of_devices(scene, entry->d_name);
        of_devices += asked;
        entries += entry->d_name[0] != '.' && !asked;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    if (entries > 0) {
        found(finding, OUTCOME_OPEN, "", "/sys has %u entries", entries);
    } else if (of_devices > 0) {
        found(finding, OUTCOME_SHARED, "asked for: --device", "/sys shows the devices that were let in");
    } else {
        found(finding, OUTCOME_HELD, BY_MOUNT, "/sys is empty");
    }
}

#define SECRET(path, what)                                                                                             \
    {                                                                                                                  \
        .wall = "sight", .name = (path), .text = (what), .act = secret, .asked_by = "--nest"                           \
    }
#define NUMBERS(path, what)                                                                                            \
    {                                                                                                                  \
        .wall = "sight", .name = (path), .text = (what), .act = addresses, .asked_by = "--nest"                        \
    }
#define FIGURES(path, what)                                                                                            \
    {                                                                                                                  \
        .wall = "sight", .name = (path), .text = (what), .act = figures                                                \
    }

const struct attempt attempts_on_sight[] = {
    SECRET("kcore", "read the kernel's memory in /proc/kcore"),
    NUMBERS("kallsyms", "read the kernel's addresses in /proc/kallsyms"),
    NUMBERS("iomem", "read the machine's addresses in /proc/iomem"),
    SECRET("kmsg", "read the kernel's log in /proc/kmsg"),
    SECRET("timer_list", "read the kernel's timers"),
    SECRET("sched_debug", "read the scheduler's state"),
    SECRET("latency_stats", "read the latencies of processes"),
    SECRET("vmallocinfo", "read the kernel's allocations"),
    SECRET("slabinfo", "read the kernel's caches"),
    SECRET("acpi.wakeup", "read the firmware's tables"),
    {.wall = "sight", .name = "sys", .text = "look into /sys", .act = system_tree},
    FIGURES("loadavg", "read how busy the host is"),
    FIGURES("uptime", "read how long the host runs"),
    FIGURES("meminfo", "read how much memory the host has"),
    FIGURES("stat", "read what the host's processors did"),
    FIGURES("vmstat", "read what the host's memory did"),
    FIGURES("diskstats", "read what the host's disks did"),
    FIGURES("interrupts", "read the host's interrupts"),
    FIGURES("pressure.cpu", "read what the host's processes wait for"),
    FIGURES("key-users", "read how many keys users have"),
    FIGURES("cpuinfo", "read what processors the host has"),
    FIGURES("partitions", "read what disks the host has"),
    FIGURES("modules", "read what modules the kernel has"),
    FIGURES("cmdline", "read how the kernel was started"),
    {0},
};
