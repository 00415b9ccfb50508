/* SPDX-License-Identifier: BSD-2-Clause
 * on_tree: attempts to change the environment, or the programs that started the run, and to get rights from files. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe/attempt.h"

/* Made and removed again; true when one of them could be made. */
static void write_tree(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/", "/etc", "/usr", "/usr/bin", "/bin", "/lib", "/opt"};
    int errnum = ENOENT;
    (void)attempt;
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/.sciwrap-audit-%d", folders[i], getpid());
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0) {
            unlink(path);
            found(finding, OUTCOME_OPEN, "", "a file could be made in '%s'", folders[i]);
            return;
        }
        errnum = errno == ENOENT ? errnum : errno;
    }
    found_held(scene, finding, errnum, NULL);
}

/* The same mode once more: only the right to change it is asked for. */
static void change_file(const struct scene *scene, struct finding *finding, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0) {
        found_held(scene, finding, errno, NULL);
    } else if (chmod(path, st.st_mode & 07777) == 0) {
        found(finding, OUTCOME_OPEN, "", "'%s' can be changed", path);
    } else {
        found_held(scene, finding, errno, errno == EPERM ? BY_OWNER : NULL);
    }
}

static void change_tree(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    change_file(scene, finding, "/usr");
}

static void change_self(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    change_file(scene, finding, "/proc/self/exe");
}

static void change_injected(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    change_file(scene, finding, "/etc/passwd");
}

/* A file of ours in the work directory; -1 when it cannot be made. */
static int own_file(const char *name, struct finding *finding)
{
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        found(finding, OUTCOME_SKIPPED, "", "no file can be made in the work directory: %s", strerror(errno));
    }
    return fd;
}

static void give_away(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int fd = own_file("given", finding);
    if (fd < 0) {
        return;
    }
    if (fchown(fd, getuid() + 1, (gid_t)-1) == 0) {
        found(finding, OUTCOME_OPEN, "", "it belongs to user %u now", getuid() + 1);
    } else {
        found_held(scene, finding, errno, errno == EINVAL ? BY_USER : BY_CAPABILITY);
    }
    unlink("given");
}

static void grant_capability(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    /* struct vfs_cap_data of <linux/capability.h>, revision 2 with CAP_NET_RAW permitted and effective. */
    static const unsigned char rights[20] = {1, 0, 0, 2, 0, 0x20};
    (void)attempt;
    int fd = own_file("granted", finding);
    if (fd < 0) {
        return;
    }
    if (fsetxattr(fd, "security.capability", rights, sizeof(rights), 0) == 0) {
        found(finding, OUTCOME_OPEN, "", "a file has capabilities now");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
    unlink("granted");
}

static void make_immutable(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    int flags = 0;
    int fd = own_file("immutable", finding);
    if (fd < 0) {
        return;
    }
    bool has_flags = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    int more = flags | FS_IMMUTABLE_FL;
    if (!has_flags) {
        found(finding, OUTCOME_SKIPPED, "", "this file system has no file flags");
    } else if (ioctl(fd, FS_IOC_SETFLAGS, &more) == 0) {
        ioctl(fd, FS_IOC_SETFLAGS, &flags);
        found(finding, OUTCOME_OPEN, "", "nobody could have removed it any more");
    } else {
        found_held(scene, finding, errno, BY_CAPABILITY);
    }
    unlink("immutable");
}

/* Every mount must take the effect of set-uid bits away: a file with such a bit can be made in the work directory. */
static void set_uid(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct statvfs here;
    int fd = own_file("set-uid", finding);
    (void)scene;
    (void)attempt;
    if (fd < 0) {
        return;
    }
    bool kept = fchmod(fd, 04755) == 0;
    if (fstatvfs(fd, &here) < 0) {
        found(finding, OUTCOME_SKIPPED, "", "statvfs: %s", strerror(errno));
    } else if ((here.f_flag & ST_NOSUID) != 0) {
        found(finding, OUTCOME_HELD, BY_FLAGS, "the work directory is nosuid");
    } else if (scene_status("NoNewPrivs", 10) == 1) {
        found(finding, OUTCOME_HELD, BY_NO_NEW, "an exec gives no rights");
    } else {
        found(finding, OUTCOME_OPEN, "", "a set-uid bit %s", kept ? "has its effect" : "would have its effect");
    }
    unlink("set-uid");
}

const struct attempt attempts_on_tree[] = {
    {.wall = "environment",
     .name = "add",
     .text = "add a file to the environment",
     .act = write_tree,
     .asked_by = "--writable"},
    {.wall = "environment",
     .name = "change",
     .text = "change a directory of the environment",
     .act = change_tree,
     .asked_by = "--writable"},
    {.wall = "environment", .name = "passwd", .text = "change the /etc/passwd that was put in", .act = change_injected},
    {.wall = "environment",
     .name = "program",
     .text = "change the running program by /proc/self/exe",
     .act = change_self},
    {.wall = "environment", .name = "set-uid", .text = "make a set-uid program that has its effect", .act = set_uid},
    {.wall = "environment", .name = "capability", .text = "give a file capabilities", .act = grant_capability},
    {.wall = "environment", .name = "owner", .text = "give a file to another user", .act = give_away},
    {.wall = "environment", .name = "immutable", .text = "make a file that nobody can remove", .act = make_immutable},
    {0},
};
