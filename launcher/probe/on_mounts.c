/* SPDX-License-Identifier: BSD-2-Clause
 * on_mounts: attempts to change what is mounted, and to find a mount that lacks the flags which keep it harmless. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe/attempt.h"

static void mount_on(const struct scene *scene, struct finding *finding, const char *source, const char *type,
                     unsigned long flags)
{
    if (mkdir("mount-point", 0700) < 0 && errno != EEXIST) {
        found(finding, OUTCOME_SKIPPED, "", "no mount point in the work directory: %s", strerror(errno));
        return;
    }
    long result = mount(source, "mount-point", type, flags, NULL);
    found_by_call(scene, finding, result);
    if (result == 0) {
        umount2("mount-point", MNT_DETACH);
    }
    rmdir("mount-point");
}

static void mount_memory(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    mount_on(scene, finding, "none", "tmpfs", 0);
}

static void mount_proc(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    mount_on(scene, finding, "none", "proc", 0);
}

/* CVE-2022-0492: its release_agent is a program that the host's kernel starts. */
static void mount_cgroup(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    mount_on(scene, finding, "none", "cgroup2", 0);
}

static void mount_bind(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    mount_on(scene, finding, "/", NULL, MS_BIND);
}

/* MNT_EXPIRE of the root: granted it fails with EINVAL, and nothing has happened. */
static void unmount(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, umount2("/", MNT_EXPIRE));
}

static void remount(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct statvfs here;
    (void)attempt;
    if (statvfs("/", &here) < 0 || (here.f_flag & ST_RDONLY) == 0) {
        found(finding, OUTCOME_OPEN, "", "it is writable already");
        return;
    }
    /* What else it has is kept: a user namespace may take none of it away. */
    unsigned long keep = here.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME | ST_RELATIME);
    found_by_call(scene, finding, mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | keep, NULL));
}

/* The mount points of this process; the callback says how many of them are not as they should be. */
static unsigned count_mounts(bool (*is_bad)(const char *place, const char *options), char first[64])
{
    static char text[262144];
    unsigned bad = 0;
    char *rest = NULL;
    if (scene_read_file("/proc/self/mountinfo", text, sizeof(text)) < 0) {
        return 0;
    }
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char place[256];
        char options[256];
        if (sscanf(line, "%*s %*s %*s %*s %255s %255s", place, options) == 2 && is_bad(place, options) && bad++ == 0) {
            snprintf(first, 64, "%.63s", place);
        }
    }
    return bad;
}

static bool lacks(const char *options, const char *option)
{
    return strstr(options, option) == NULL;
}

/* The nodes that /dev has on purpose are mounts of single devices, on which neither flag means anything. */
static bool is_node(const char *place)
{
    struct stat st;
    return stat(place, &st) == 0 && S_ISCHR(st.st_mode);
}

static bool lacks_nosuid(const char *place, const char *options)
{
    return lacks(options, "nosuid") && !is_node(place);
}

/* The run's own terminals are devices that must work. */
static bool lacks_nodev(const char *place, const char *options)
{
    return lacks(options, "nodev") && !is_node(place) && strcmp(place, "/dev/pts") != 0;
}

static void judge_mounts(struct finding *finding, unsigned bad, const char *first, const char *flag)
{
    if (bad > 0) {
        found(finding, OUTCOME_OPEN, "", "%u without %s, the first is '%s'", bad, flag, first);
    } else {
        found(finding, OUTCOME_HELD, BY_FLAGS, "every mount has %s", flag);
    }
}

static void find_suid(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char first[64] = "";
    (void)scene;
    (void)attempt;
    unsigned bad = count_mounts(lacks_nosuid, first);
    judge_mounts(finding, bad, first, "nosuid");
}

static void find_dev(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char first[64] = "";
    (void)scene;
    (void)attempt;
    unsigned bad = count_mounts(lacks_nodev, first);
    judge_mounts(finding, bad, first, "nodev");
}

/* Calls with the numbers of Linux 5.2 and later are the same on every machine. */
static const char nowhere[] = "/sciwrap-audit-nowhere";

static void pivot(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(SYS_pivot_root, nowhere, nowhere));
}

static void change_root(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, chroot("/"));
}

static void new_fs(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(430, "tmpfs", 1U)); /* fsopen */
}

static void clone_tree(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(428, AT_FDCWD, "/", 1U | O_CLOEXEC)); /* open_tree, OPEN_TREE_CLONE */
}

static void pick_fs(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(433, AT_FDCWD, "/", 1U)); /* fspick */
}

static void move_mounted(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    found_by_call(scene, finding, syscall(429, -1, "", -1, "", 4U | 0x40U)); /* move_mount, both by descriptor */
}

static void set_attributes(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const unsigned long long none[4];
    (void)attempt;
    /* mount_setattr that changes nothing is granted without a look at rights: so it shall take read-only away. */
    unsigned long long attributes[4] = {none[0], 1, 0, 0};
    struct statvfs here;
    if (scene->control && (statvfs("/", &here) < 0 || (here.f_flag & ST_RDONLY) != 0)) {
        attributes[1] = 0;
        attributes[0] = 1;
    }
    found_by_call(scene, finding, syscall(442, AT_FDCWD, "/", 0U, attributes, sizeof(attributes)));
}

const struct attempt attempts_on_mounts[] = {
    {.wall = "mounts", .name = "tmpfs", .text = "mount a tmpfs", .act = mount_memory, .asked_by = "--nest"},
    {.wall = "mounts", .name = "proc", .text = "mount another proc", .act = mount_proc, .asked_by = "--nest"},
    {.wall = "mounts", .name = "cgroup", .text = "mount the control groups", .act = mount_cgroup, .asked_by = "--nest"},
    {.wall = "mounts", .name = "bind", .text = "bind the root elsewhere", .act = mount_bind, .asked_by = "--nest"},
    {.wall = "mounts", .name = "unmount", .text = "unmount", .act = unmount, .asked_by = "--nest"},
    {.wall = "mounts",
     .name = "remount",
     .text = "remount the root writable",
     .act = remount,
     .asked_by = "--writable"},
    {.wall = "mounts", .name = "pivot", .text = "change the root by pivot_root", .act = pivot, .asked_by = "--nest"},
    {.wall = "mounts", .name = "chroot", .text = "change the root by chroot", .act = change_root, .asked_by = "--nest"},
    {.wall = "mounts", .name = "fsopen", .text = "make a file system by fsopen", .act = new_fs, .asked_by = "--nest"},
    {.wall = "mounts", .name = "fspick", .text = "reconfigure one by fspick", .act = pick_fs, .asked_by = "--nest"},
    {.wall = "mounts",
     .name = "open-tree",
     .text = "copy mounts by open_tree",
     .act = clone_tree,
     .asked_by = "--nest"},
    {.wall = "mounts", .name = "move", .text = "move one by move_mount", .act = move_mounted, .asked_by = "--nest"},
    {.wall = "mounts",
     .name = "attributes",
     .text = "take read-only off by mount_setattr",
     .act = set_attributes,
     .asked_by = "--nest"},
    {.wall = "mounts", .name = "nosuid", .text = "find a mount with set-uid effect", .act = find_suid},
    {.wall = "mounts", .name = "nodev", .text = "find a mount on which devices work", .act = find_dev},
    {0},
};
