/* SPDX-License-Identifier: BSD-2-Clause
 * on_namespaces: whether the namespaces are the run's own, and attempts to make more or to join others. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/attempt.h"

/* The name of the attempt is that of the namespace. */
static void compare(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[64];
    struct stat st;
    size_t kind = 0;
    while (kind < SCENE_NAMESPACES - 1 && strcmp(scene_namespace_names[kind], attempt->name) != 0) {
        kind++;
    }
    snprintf(path, sizeof(path), "/proc/self/ns/%s", attempt->name);
    if (scene->namespaces[kind] == 0 || stat(path, &st) < 0) {
        found(finding, OUTCOME_SKIPPED, "", "its number is not known");
    } else if ((uint64_t)st.st_ino == scene->namespaces[kind]) {
        found(finding, OUTCOME_OPEN, "", "%llu, the host's", (unsigned long long)st.st_ino);
    } else {
        found(finding, OUTCOME_HELD, "namespace", "%llu; the host's is %llu", (unsigned long long)st.st_ino,
              (unsigned long long)scene->namespaces[kind]);
    }
}

static void judge(const struct scene *scene, struct finding *finding, long result)
{
    if (result < 0 && errno == ENOSPC) {
        found_held(scene, finding, errno, "user.max_user_namespaces");
    } else {
        found_by_call(scene, finding, result);
    }
}

static void unshare_user(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge(scene, finding, unshare(CLONE_NEWUSER));
}

static void unshare_mounts(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge(scene, finding, unshare(CLONE_NEWNS));
}

static void clone_user(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    long pid = syscall(SYS_clone, (unsigned long)(CLONE_NEWUSER | SIGCHLD), NULL, NULL, NULL, NULL);
    if (pid == 0) {
        _exit(0);
    }
    judge(scene, finding, pid);
    if (pid > 0) {
        waitpid((pid_t)pid, NULL, 0);
    }
}

/* struct clone_args of <linux/sched.h>, first version; the flags are in memory, out of a filter's sight. */
static void clone3_user(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned long long arguments[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0};
    (void)attempt;
    long pid = syscall(435, arguments, sizeof(arguments));
    if (pid == 0) {
        _exit(0);
    }
    judge(scene, finding, pid);
    if (pid > 0) {
        waitpid((pid_t)pid, NULL, 0);
    }
}

/* Joining what one is in already needs the same rights and changes nothing. */
static void join(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        found(finding, OUTCOME_SKIPPED, "", "/proc/self/ns cannot be read: %s", strerror(errno));
        return;
    }
    judge(scene, finding, setns(fd, 0));
}

/* The host's control groups, by the path that /proc tells. */
static void see_group(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char text[4096];
    char *rest = NULL;
    (void)attempt;
    if (scene_read_file("/proc/self/cgroup", text, sizeof(text)) < 0) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        const char *path = strchr(line, '/');
        if (path != NULL && strcmp(path, "/") != 0 && strncmp(path, "/..", 3) != 0) {
            found(finding, OUTCOME_OPEN, "", "'%.180s'", path);
            return;
        }
    }
    found(finding, OUTCOME_HELD, "cgroup namespace", "/ is all that it shows");
}

const struct attempt attempts_on_namespaces[] = {
    {.wall = "namespaces", .name = "user", .text = "be in the host's user namespace", .act = compare},
    {.wall = "namespaces", .name = "mnt", .text = "be in the host's mount namespace", .act = compare},
    {.wall = "namespaces", .name = "pid", .text = "be in the host's PID namespace", .act = compare},
    {.wall = "namespaces",
     .name = "net",
     .text = "be in the host's network namespace",
     .act = compare,
     .asked_by = "--network"},
    {.wall = "namespaces", .name = "ipc", .text = "be in the host's IPC namespace", .act = compare},
    {.wall = "namespaces", .name = "uts", .text = "be in the host's namespace of names", .act = compare},
    {.wall = "namespaces", .name = "cgroup", .text = "be in the host's cgroup namespace", .act = compare},
    {.wall = "namespaces", .name = "group-path", .text = "see the path of the host's control group", .act = see_group},
    {.wall = "namespaces",
     .name = "unshare-user",
     .text = "make a user namespace by unshare",
     .act = unshare_user,
     .asked_by = "--nest"},
    {.wall = "namespaces", .name = "clone-user", .text = "make one by clone", .act = clone_user, .asked_by = "--nest"},
    {.wall = "namespaces",
     .name = "clone3-user",
     .text = "make one by clone3",
     .act = clone3_user,
     .asked_by = "--nest"},
    {.wall = "namespaces",
     .name = "unshare-mounts",
     .text = "make a mount namespace",
     .act = unshare_mounts,
     .asked_by = "--nest"},
    {.wall = "namespaces", .name = "join", .text = "join a namespace by setns", .act = join, .asked_by = "--nest"},
    {0},
};
