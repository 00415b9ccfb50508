/* SPDX-License-Identifier: BSD-2-Clause
 * on_nest: attempts from within a user namespace of the attempt's own, where it has every capability over what it makes
 * there. What is covered or read-only outside of that namespace must stay so. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "probe/attempt.h"

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return written;
}

/* Into new namespaces, as root there. Where that is refused the attempt is over: nothing of this file can be reached.
 */
static bool nest(const struct scene *scene, struct finding *finding)
{
    char map[64];
    uid_t user = getuid();
    gid_t group = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
        found_held(scene, finding, errno, errno == ENOSPC ? "user.max_user_namespaces" : NULL);
        return false;
    }
    snprintf(map, sizeof(map), "0 %u 1", user);
    (void)write_text("/proc/self/uid_map", map);
    (void)write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "0 %u 1", group);
    (void)write_text("/proc/self/gid_map", map);
    return true;
}

static void uncover(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (!nest(scene, finding)) {
        return;
    }
    (void)umount2(".sciwrap", MNT_DETACH);
    int fd = open(".sciwrap/record", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        found(finding, OUTCOME_OPEN, "", "a record can be opened for writing");
    } else {
        found(finding, OUTCOME_HELD, BY_LOCKED, "what covers them cannot be taken away");
    }
}

static void make_writable(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/", "/usr"};
    struct statvfs here;
    (void)attempt;
    if (!nest(scene, finding)) {
        return;
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        unsigned long keep = statvfs(folders[i], &here) < 0 ? 0 : here.f_flag & (ST_NOSUID | ST_NODEV | ST_RELATIME);
        (void)mount(NULL, folders[i], NULL, MS_REMOUNT | MS_BIND | keep, NULL);
        if (statvfs(folders[i], &here) == 0 && (here.f_flag & ST_RDONLY) == 0) {
            found(finding, OUTCOME_OPEN, "", "'%s' is writable", folders[i]);
            return;
        }
    }
    found(finding, OUTCOME_HELD, BY_LOCKED, "read-only cannot be taken off");
}

static void reach_settings(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    if (!nest(scene, finding)) {
        return;
    }
    (void)umount2("/proc/sys", MNT_DETACH);
    if (access("/proc/sys/kernel/core_pattern", W_OK) == 0) {
        found(finding, OUTCOME_OPEN, "", "/proc/sys/kernel/core_pattern can be written");
    } else {
        found_held(scene, finding, errno, NULL);
    }
}

const struct attempt attempts_on_nest[] = {
    {.wall = "nested", .name = "records", .text = "uncover records in a mount namespace of its own", .act = uncover},
    {.wall = "nested",
     .name = "writable",
     .text = "make the environment writable there",
     .act = make_writable,
     .asked_by = "--writable"},
    {.wall = "nested", .name = "settings", .text = "write settings of the kernel there", .act = reach_settings},
    {0},
};
