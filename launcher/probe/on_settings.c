/* SPDX-License-Identifier: BSD-2-Clause
 * on_settings: attempts on settings of the kernel. What may be written is asked by access(2): nothing is. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/attempt.h"

/* Entries looked at, in all, and how deep. */
enum { ENTRIES_MOST = 30000, DEEPEST = 8 };

struct search {
    unsigned looked;
    char found[256];
    bool (*counts)(const char *path);
};

static void judge_file(const struct scene *scene, struct finding *finding, const char *path)
{
    if (access(path, W_OK) == 0) {
        found(finding, OUTCOME_OPEN, "", "'%s' can be written", path);
    } else {
        found_held(scene, finding, errno, errno == EPERM ? BY_CAPABILITY : errno == ENOENT ? BY_KERNEL : NULL);
    }
}

/* The attempt's name is that of the file, with dots for slashes, beneath /proc/sys. */
static void setting(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/sys/%s", attempt->name);
    for (char *at = path; *at != '\0'; at++) {
        *at = *at == '.' ? '/' : *at;
    }
    judge_file(scene, finding, path);
}

static void sysrq(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge_file(scene, finding, "/proc/sysrq-trigger");
}

static void uevent_helper(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge_file(scene, finding, "/sys/kernel/uevent_helper");
}

/* True when the first file that counts and may be written was found; its path is in search->found. */
static bool search_below(struct search *search, const char *folder, int depth)
{
    bool done = false;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && !done && search->looked < ENTRIES_MOST && (entry = readdir(dir)) != NULL) {
        char path[256];
        struct stat st;
        int length = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || length >= (int)sizeof(path) || lstat(path, &st) < 0) {
            continue;
        }
        search->looked++;
        if (S_ISDIR(st.st_mode) && depth < DEEPEST) {
            done = search_below(search, path, depth + 1);
        } else if (S_ISREG(st.st_mode) && search->counts(path) && access(path, W_OK) == 0) {
            memcpy(search->found, path, sizeof(search->found));
            done = true;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return done;
}

static void judge_search(struct finding *finding, const char *const *folders, bool (*counts)(const char *path))
{
    struct search search = {.counts = counts};
    for (; *folders != NULL; folders++) {
        if (search_below(&search, *folders, 0)) {
            found(finding, OUTCOME_OPEN, "", "'%.200s' can be written", search.found);
            return;
        }
    }
    if (search.looked == 0) {
        found(finding, OUTCOME_HELD, BY_MOUNT, "there is nothing there");
    } else {
        found(finding, OUTCOME_HELD, getuid() == 0 ? BY_FLAGS : BY_OWNER, "none of %u entries can be written",
              search.looked);
    }
}

static bool always(const char *path)
{
    (void)path;
    return true;
}

/* Those of System V and POSIX queues belong to the IPC namespace; the next and the largest process number (from 6.14
 * on) to the PID namespace: the run's own. */
static bool is_of_host(const char *path)
{
    static const char *const own[] = {"/proc/sys/kernel/shm",         "/proc/sys/kernel/msg",
                                      "/proc/sys/kernel/sem",         "/proc/sys/kernel/auto_msgmni",
                                      "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/pid_max",
                                      "/proc/sys/fs/mqueue/"};
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
        if (strncmp(path, own[i], strlen(own[i])) == 0) {
            return false;
        }
    }
    return true;
}

static void any_setting(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/proc/sys", NULL};
    (void)scene;
    (void)attempt;
    judge_search(finding, folders, is_of_host);
}

static void any_proc(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/proc/irq", "/proc/bus",    "/proc/fs",   "/proc/acpi", "/proc/scsi",
                                          "/proc/tty", "/proc/driver", "/proc/mtrr", NULL};
    (void)scene;
    (void)attempt;
    judge_search(finding, folders, always);
}

static void any_sys(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/sys", NULL};
    (void)scene;
    (void)attempt;
    judge_search(finding, folders, always);
}

static bool is_release_agent(const char *path)
{
    return strstr(path, "/release_agent") != NULL || strstr(path, "/cgroup.procs") != NULL;
}

static void any_group(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/sys/fs/cgroup", NULL};
    (void)scene;
    (void)attempt;
    judge_search(finding, folders, is_release_agent);
}

#define SETTING(path, what)                                                                                            \
    {                                                                                                                  \
        .wall = "settings", .name = (path), .text = (what), .act = setting                                             \
    }

const struct attempt attempts_on_settings[] = {
    SETTING("kernel.core_pattern", "have a program of its own started by a crash"),
    SETTING("kernel.modprobe", "have a program of its own loaded as module loader"),
    SETTING("kernel.sysrq", "turn on the keys that restart the machine"),
    SETTING("kernel.randomize_va_space", "turn address randomisation off for the host"),
    SETTING("kernel.panic", "have the machine restarted by an error"),
    SETTING("kernel.hostname", "set the host name"),
    SETTING("vm.drop_caches", "empty the host's caches"),
    SETTING("vm.overcommit_memory", "change how memory is given out"),
    SETTING("fs.binfmt_misc.register", "have a program of its own started for others"),
    SETTING("net.ipv4.ip_forward", "forward packets"),
    SETTING("user.max_user_namespaces", "allow itself more namespaces"),
    {.wall = "settings", .name = "sysrq-trigger", .text = "restart the machine by sysrq-trigger", .act = sysrq},
    {.wall = "settings",
     .name = "uevent-helper",
     .text = "have a program of its own started by devices",
     .act = uevent_helper},
    {.wall = "settings", .name = "proc-sys", .text = "write any setting in /proc/sys", .act = any_setting},
    {.wall = "settings", .name = "proc", .text = "write any other file of the kernel in /proc", .act = any_proc},
    {.wall = "settings", .name = "sys", .text = "write any file in /sys", .act = any_sys},
    {.wall = "settings", .name = "cgroup", .text = "write a release agent or join a control group", .act = any_group},
    {0},
};
