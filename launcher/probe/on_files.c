/* SPDX-License-Identifier: BSD-2-Clause
 * on_files: attempts to reach a file of the host that was not let in, and descriptors that the launcher had. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/attempt.h"

/* The secret through this path? */
static bool reads_secret(const struct scene *scene, int dirfd, const char *path)
{
    char text[256] = "";
    int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t got = read(fd, text, sizeof(text) - 1);
    close(fd);
    errno = ENOENT; /* another file of that name */
    return got > 0 && scene->secret != NULL && strncmp(text, scene->secret, strlen(scene->secret)) == 0;
}

static void judge(const struct scene *scene, struct finding *finding, bool reached, const char *path)
{
    if (reached) {
        found(finding, OUTCOME_OPEN, "", "the secret was read through '%.160s'", path);
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

static void by_path(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[4096];
    (void)attempt;
    snprintf(path, sizeof(path), "%s/secret", scene->folder);
    judge(scene, finding, reads_secret(scene, AT_FDCWD, path), path);
}

/* From the current directory upwards, which is the root after enough steps. */
static void by_parents(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char steps[] =
        "../../../../../../../../../../../../../../../../../../../../../../../../../../../../../..";
    char path[4400];
    (void)attempt;
    snprintf(path, sizeof(path), "%s%s/secret", steps, scene->folder);
    bool reached = reads_secret(scene, AT_FDCWD, "../secret") || reads_secret(scene, AT_FDCWD, path);
    judge(scene, finding, reached, "..");
}

/* "link" was put into the work directory before the start; it leads to the secret by its path on the host. */
static void by_link(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    judge(scene, finding, reads_secret(scene, AT_FDCWD, "link"), "a link in the work directory");
}

static void by_proc(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[4300];
    (void)attempt;
    const char *const ways[] = {"self/root", "thread-self/root", "1/root", "self/task/1/root"};
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        snprintf(path, sizeof(path), "/proc/%s%s/secret", ways[i], scene->folder);
        if (reads_secret(scene, AT_FDCWD, path)) {
            judge(scene, finding, true, path);
            return;
        }
    }
    judge(scene, finding, false, path);
}

/* The root and the current directory of the victim, which is in the folder. */
static void by_victim(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[4300];
    (void)attempt;
    snprintf(path, sizeof(path), "/proc/%d/cwd/secret", scene->victim);
    bool reached = reads_secret(scene, AT_FDCWD, path);
    if (!reached) {
        snprintf(path, sizeof(path), "/proc/%d/root%s/secret", scene->victim, scene->folder);
        reached = reads_secret(scene, AT_FDCWD, path);
    }
    if (!reached && errno == ENOENT) {
        found(finding, OUTCOME_HELD, BY_PID, "no process of that number in here");
    } else {
        judge(scene, finding, reached, path);
    }
}

/* Up from whatever is open: a directory of the host would lead to all of it (CVE-2024-21626). */
static void by_descriptors(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    for (int fd = 0; fd < 1024; fd++) {
        const char *const below[] = {"/secret", "/../secret", "", "/../../secret"};
        char path[4300];
        for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++) {
            snprintf(path, sizeof(path), "/proc/self/fd/%d%s", fd, below[i]);
            if (reads_secret(scene, AT_FDCWD, path)) {
                judge(scene, finding, true, path);
                return;
            }
        }
        snprintf(path, sizeof(path), "/proc/self/fd/%d%s/secret", fd, scene->folder);
        if (reads_secret(scene, AT_FDCWD, path)) {
            judge(scene, finding, true, path);
            return;
        }
    }
    found(finding, OUTCOME_HELD, "closed", "no open descriptor leads to it");
}

/* The launcher was started with some that were open. One more is the pipe to the probe's parent, and one reads. */
static void inherited(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    unsigned extra = 0;
    char first[64] = "";
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    (void)scene;
    (void)attempt;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char target[64] = "";
        long fd = strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] == '.' || fd <= STDERR_FILENO || fd == dirfd(dir)) {
            continue;
        }
        ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strncmp(target, "pipe:", 5) != 0 && extra++ == 0) {
            memcpy(first, target, sizeof(first));
        }
    }
    if (dir == NULL) {
        found(finding, OUTCOME_SKIPPED, "", "/proc/self/fd cannot be read: %s", strerror(errno));
        return;
    }
    closedir(dir);
    if (extra > 0) {
        found(finding, OUTCOME_OPEN, "", "%u descriptors of the caller, the first is '%s'", extra, first);
    } else {
        found(finding, OUTCOME_HELD, "closed", "0, 1 and 2 only");
    }
}

static void variables(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    for (char **variable = environ; scene->secret != NULL && *variable != NULL; variable++) {
        if (strstr(*variable, scene->secret) != NULL) {
            found(finding, OUTCOME_OPEN, "", "'%.*s'", (int)strcspn(*variable, "="), *variable);
            return;
        }
    }
    found(finding, OUTCOME_HELD, "not passed on", "none of them is here");
}

static int digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* "shocker": a file by its inode, on a mount of the same file system. */
static void by_handle(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    /* struct file_handle with room for what it holds. */
    struct {
        unsigned length;
        int type;
        unsigned char bytes[128];
    } handle;
    char *hex = NULL;
    (void)attempt;
    if (scene->handle == NULL) {
        found(finding, OUTCOME_SKIPPED, "", "the file system outside has no handles");
        return;
    }
    handle.type = (int)strtol(scene->handle, &hex, 10);
    unsigned length = 0;
    for (hex++; hex[0] != '\0' && hex[1] != '\0' && length < sizeof(handle.bytes); hex += 2) {
        handle.bytes[length++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
    }
    handle.length = length;
    int mount = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    found_by_call(scene, finding, syscall(SYS_open_by_handle_at, mount, &handle, O_RDONLY));
}

/* Its first byte once more: its content stays, and its change is seen outside. */
static void write_back(const struct scene *scene, struct finding *finding, const char *path, const char *mechanism)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && scene->secret != NULL && pwrite(fd, scene->secret, 1, 0) == 1) {
        found(finding, OUTCOME_OPEN, "", "'%.160s' was written to", path);
    } else {
        found_held(scene, finding, errno, mechanism);
    }
}

static void write_file(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[4096];
    (void)attempt;
    snprintf(path, sizeof(path), "%s/secret", scene->folder);
    write_back(scene, finding, path, NULL);
}

/* The records of earlier runs are in the work directory, where the run may write. */
static void records(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    write_back(scene, finding, ".sciwrap/record", "covered");
}

/* Standard input is the secret here, opened for reading only: a link of /proc asks who owns the file, not how it was
 * opened. */
static void write_input(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    write_back(scene, finding, "/proc/self/fd/0", NULL);
}

static void change_input(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct stat st;
    (void)attempt;
    if (fstat(STDIN_FILENO, &st) == 0 && fchmod(STDIN_FILENO, st.st_mode & 07777) == 0) {
        found(finding, OUTCOME_OPEN, "", "its mode can be changed");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

/* Standard input is the work directory here, whose parent holds the secret. */
static void leave_input(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    bool reached =
        reads_secret(scene, STDIN_FILENO, "../secret") || reads_secret(scene, AT_FDCWD, "/proc/self/fd/0/../secret");
    judge(scene, finding, reached, "the parent of standard input");
}

static void write_beneath(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int fd = openat(STDIN_FILENO, "beneath", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        unlinkat(STDIN_FILENO, "beneath", 0);
        found(finding, OUTCOME_OPEN, "", "a file can be made in it");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

const struct attempt attempts_on_files[] = {
    {.wall = "files",
     .name = "path",
     .text = "read a file of the host by its path",
     .act = by_path,
     .asked_by = "--bind"},
    {.wall = "files", .name = "parents", .text = "read it by '..'", .act = by_parents, .asked_by = "--bind"},
    {.wall = "files",
     .name = "link",
     .text = "read it by a link in the work directory",
     .act = by_link,
     .asked_by = "--bind"},
    {.wall = "files", .name = "proc-root", .text = "read it by /proc/*/root", .act = by_proc, .asked_by = "--bind"},
    {.wall = "files",
     .name = "victim-root",
     .text = "read it by the root of a process outside",
     .act = by_victim,
     .asked_by = "--bind"},
    {.wall = "files",
     .name = "descriptors",
     .text = "read it by an open descriptor",
     .act = by_descriptors,
     .asked_by = "--bind"},
    {.wall = "files", .name = "write", .text = "write to it", .act = write_file, .asked_by = "--bind"},
    {.wall = "files", .name = "handle", .text = "read it by its file handle", .act = by_handle},
    {.wall = "files", .name = "inherited", .text = "find open descriptors of the caller", .act = inherited},
    {.wall = "files", .name = "variables", .text = "find variables of the caller", .act = variables},
    {.wall = "files",
     .name = "input-write",
     .text = "write to a file that is standard input",
     .act = write_input,
     .only_with = "input-file"},
    {.wall = "files",
     .name = "input-change",
     .text = "change its mode",
     .act = change_input,
     .only_with = "input-file"},
    {.wall = "files",
     .name = "input-parent",
     .text = "leave a directory that is standard input",
     .act = leave_input,
     .only_with = "input-folder",
     .asked_by = "--bind"},
    {.wall = "files",
     .name = "input-beneath",
     .text = "write into it",
     .act = write_beneath,
     .only_with = "input-folder"},
    {.wall = "files", .name = "records", .text = "write into the records of earlier runs", .act = records},
    {0},
};
