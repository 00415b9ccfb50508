/* SPDX-License-Identifier: BSD-2-Clause
 * on_init: attempts on PID 1 of the run, which is the launcher's: it came from the host and has the same user. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/attempt.h"

#define BY_UNDUMPABLE "PID 1 cannot be traced"

static const char *mechanism(const struct scene *scene, int errnum)
{
    return scene->control || errnum == ENOENT ? NULL : BY_UNDUMPABLE;
}

static void judge(const struct scene *scene, struct finding *finding, long result, const char *what)
{
    if (result < 0) {
        found_held(scene, finding, errno, mechanism(scene, errno));
    } else {
        found(finding, OUTCOME_OPEN, "", "%s", what);
    }
}

static void trace(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge(scene, finding, ptrace(PTRACE_SEIZE, 1, NULL, NULL), "traced");
}

static void environment(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[65536];
    ssize_t got = scene_read_file("/proc/1/environ", text, sizeof(text));
    (void)attempt;
    if (got == 0) {
        found(finding, OUTCOME_HELD, "wiped", "it is empty");
    } else {
        judge(scene, finding, got, "it can be read");
    }
}

static bool holds(const char *bytes, size_t length, const char *text)
{
    return text != NULL && memmem(bytes, length, text, strlen(text)) != NULL;
}

static void arguments(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[65536];
    ssize_t got = scene_read_file("/proc/1/cmdline", text, sizeof(text));
    (void)attempt;
    if (got < 0) {
        found_held(scene, finding, errno, NULL);
    } else if (scene->control || holds(text, (size_t)got, scene->folder) || holds(text, (size_t)got, "sciwrap-probe")) {
        found(finding, OUTCOME_OPEN, "", "it holds '%.60s'", text);
    } else {
        found(finding, OUTCOME_HELD, "wiped", "it holds '%.60s'", text);
    }
}

static void follow(const struct scene *scene, const struct attempt *attempt, struct finding *finding, const char *path)
{
    (void)attempt;
    int fd = open(path, O_PATH | O_CLOEXEC);
    judge(scene, finding, fd, "it can be followed");
}

static void root(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    follow(scene, attempt, finding, "/proc/1/root/.");
}

static void directory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    follow(scene, attempt, finding, "/proc/1/cwd/..");
}

static void program(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    follow(scene, attempt, finding, "/proc/1/exe");
}

/* CVE-2019-5736. O_WRONLY is not truncation: nothing is written. */
static void write_program(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int fd = open("/proc/1/exe", O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ETXTBSY) {
        found(finding, OUTCOME_OPEN, "", "it could be written once it does not run any more");
    } else {
        judge(scene, finding, fd, "it can be written");
    }
}

/* Where they lead; their numbers alone tell nothing. */
static void descriptors(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    DIR *dir = opendir("/proc/1/fd");
    struct dirent *entry;
    long result = -1;
    (void)attempt;
    while (dir != NULL && result < 0 && (entry = readdir(dir)) != NULL) {
        char target[256];
        result = entry->d_name[0] == '.' ? -1 : readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));
    }
    judge(scene, finding, result, "they can be followed");
}

static void memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge(scene, finding, open("/proc/1/mem", O_RDWR | O_CLOEXEC), "it can be opened for reading and writing");
}

static void maps(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char text[256];
    ssize_t got = scene_read_file("/proc/1/maps", text, sizeof(text));
    (void)attempt;
    if (got == 0) {
        found(finding, OUTCOME_HELD, BY_UNDUMPABLE, "it is empty");
    } else {
        judge(scene, finding, got, "they can be read");
    }
}

static void namespace(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    follow(scene, attempt, finding, "/proc/1/ns/mnt");
}

/* With it every process of the run would end, and this answer not come. */
static void kill_it(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (scene->control) {
        found(finding, OUTCOME_SKIPPED, "", "PID 1 here is somebody else's");
        return;
    }
    long result = kill(1, SIGKILL);
    usleep(20000);
    if (result < 0) {
        found_held(scene, finding, errno, NULL);
    } else {
        found(finding, OUTCOME_HELD, BY_PID, "the kernel does not deliver it to PID 1");
    }
}

const struct attempt attempts_on_init[] = {
    {.wall = "init", .name = "trace", .text = "trace PID 1", .act = trace},
    {.wall = "init", .name = "kill", .text = "kill PID 1", .act = kill_it},
    {.wall = "init", .name = "environment", .text = "read the launcher's environment in /proc/1", .act = environment},
    {.wall = "init", .name = "arguments", .text = "read the launcher's arguments in /proc/1", .act = arguments},
    {.wall = "init", .name = "root", .text = "reach files through /proc/1/root", .act = root},
    {.wall = "init", .name = "directory", .text = "reach files through /proc/1/cwd", .act = directory},
    {.wall = "init", .name = "program", .text = "open the launcher through /proc/1/exe", .act = program},
    {.wall = "init", .name = "write-program", .text = "open the launcher for writing there", .act = write_program},
    {.wall = "init", .name = "descriptors", .text = "follow the descriptors of PID 1", .act = descriptors},
    {.wall = "init", .name = "memory", .text = "open the memory of PID 1", .act = memory},
    {.wall = "init", .name = "maps", .text = "read the addresses of PID 1", .act = maps},
    {.wall = "init", .name = "namespace", .text = "open a namespace of PID 1", .act = namespace},
    {0},
};
