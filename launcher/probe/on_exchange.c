/* SPDX-License-Identifier: BSD-2-Clause
 * on_exchange: attempts on what processes exchange data by: shared memory, queues, key rings. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/attempt.h"

static void shared_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    const char *memory = shmat(scene->shm, NULL, SHM_RDONLY);
    if ((intptr_t)memory == -1) {
        found_held(scene, finding, errno, errno == EINVAL || errno == EIDRM ? BY_IPC : NULL);
    } else if (scene->secret != NULL && strncmp(memory, scene->secret, strlen(scene->secret)) == 0) {
        found(finding, OUTCOME_OPEN, "", "the secret in a segment outside was read");
    } else {
        found(finding, OUTCOME_HELD, BY_IPC, "another segment of that number");
    }
}

static void list_segments(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[65536];
    (void)attempt;
    if (scene_read_file("/proc/sysvipc/shm", text, sizeof(text)) < 0) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    const char *line = strchr(text, '\n');
    if (line != NULL && line[1] != '\0') {
        found(finding, OUTCOME_OPEN, "", "there are segments that nobody in here has made");
    } else {
        found(finding, OUTCOME_HELD, BY_IPC, "the list is empty");
    }
}

static void posix_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[300];
    (void)attempt;
    snprintf(path, sizeof(path), "/dev/shm/%s", scene->posix);
    if (access(path, R_OK) == 0) {
        found(finding, OUTCOME_OPEN, "", "a segment outside can be opened");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

static void queue(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    long fd = syscall(SYS_mq_open, scene->posix, O_RDONLY | O_CLOEXEC, 0, NULL);
    if (fd >= 0) {
        found(finding, OUTCOME_OPEN, "", "a queue outside can be opened");
    } else {
        found_held(scene, finding, errno, errno == ENOENT ? BY_IPC : NULL);
    }
}

enum { KEYCTL_READ_KEY = 11, KEYCTL_SEARCH_RING = 10, SESSION_RING = -3 };

static void judge_key(const struct scene *scene, struct finding *finding, long result, const char *what)
{
    if (scene->key == 0) {
        found(finding, OUTCOME_SKIPPED, "", "no key could be made outside");
    } else if (result >= 0) {
        found(finding, OUTCOME_OPEN, "", "%s", what);
    } else {
        found_held(scene, finding, errno, errno == ENOKEY || errno == EACCES ? "own session" : NULL);
    }
}

static void read_key(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char bytes[256];
    (void)attempt;
    long result = syscall(SYS_keyctl, KEYCTL_READ_KEY, scene->key, bytes, sizeof(bytes), 0);
    judge_key(scene, finding, result, "the secret in a key outside was read");
}

static void find_key(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    long result = syscall(SYS_keyctl, KEYCTL_SEARCH_RING, SESSION_RING, "user", scene->posix, 0);
    judge_key(scene, finding, result, "a key outside was found");
}

static void ask_for_key(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge_key(scene, finding, syscall(SYS_request_key, "user", scene->posix, NULL, 0), "a key outside was found");
}

/* Into the ring of this one process, which ends with it. */
static void add_key(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_add_key, "user", "sciwrap-audit", "x", 1, -2));
}

static void list_keys(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static char text[65536];
    (void)attempt;
    ssize_t got = scene_read_file("/proc/keys", text, sizeof(text));
    if (got < 0) {
        found_held(scene, finding, errno, NULL);
    } else if (got == 0) {
        found(finding, OUTCOME_HELD, "covered", "it is empty");
    } else {
        found(finding, OUTCOME_OPEN, "", "%s",
              scene->posix != NULL && strstr(text, scene->posix) != NULL ? "a key outside is listed"
                                                                         : "keys are listed");
    }
}

const struct attempt attempts_on_exchange[] = {
    {.wall = "exchange", .name = "sysv-memory", .text = "read shared memory of the host", .act = shared_memory},
    {.wall = "exchange", .name = "sysv-list", .text = "list shared memory of the host", .act = list_segments},
    {.wall = "exchange", .name = "posix-memory", .text = "open a file in the host's /dev/shm", .act = posix_memory},
    {.wall = "exchange", .name = "queue", .text = "open a message queue of the host", .act = queue},
    {.wall = "keys", .name = "read", .text = "read a key of the caller's session", .act = read_key},
    {.wall = "keys", .name = "search", .text = "search the caller's session for it", .act = find_key},
    {.wall = "keys", .name = "request", .text = "ask the kernel for it", .act = ask_for_key},
    {.wall = "keys", .name = "add", .text = "add a key", .act = add_key},
    {.wall = "keys", .name = "list", .text = "list keys in /proc/keys", .act = list_keys, .asked_by = "--nest"},
    {0},
};
