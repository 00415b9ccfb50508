/* SPDX-License-Identifier: BSD-2-Clause
 * device: the /dev of a run. */
#include "sandbox/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "base/mem.h"
#include "sandbox/host.h"
#include "sandbox/mounts.h"

static const struct {
    const char *name;
    unsigned minor;
    unsigned major;
} nodes[DEVICE_COUNT] = {
    {"null", 3, 1}, {"zero", 5, 1}, {"full", 7, 1}, {"random", 8, 1}, {"urandom", 9, 1}, {"tty", 0, 5},
};

static int open_node(size_t i, struct err *err)
{
    auto_free char *path = xasprintf("/dev/%s", nodes[i].name);
    auto_fd int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno == ENOENT) {
        return err_set(err, ERR_HOST, "this host has no '%s', which a run needs; make it: 'mknod -m 666 %s c %u %u'",
                       path, path, nodes[i].major, nodes[i].minor);
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_HOST, errno, "open '%s'", path);
    }
    /* Another file there would come in writable under a name that programs trust (CVE-2025-31133). */
    if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(nodes[i].major, nodes[i].minor)) {
        return err_set(err, ERR_HOST, "'%s' of this host is not the device it should be", path);
    }
    return steal_fd(&fd);
}

/* The caller's terminal, opened anew: the descriptor that we have belongs to a mount of the old namespace, and such a
 * one cannot be bound. -1 when there is none or its name leads elsewhere. */
static int open_terminal(void)
{
    for (int fd = 0; fd < 3; fd++) {
        struct stat here;
        struct stat there;
        char path[64];
        if (!isatty(fd) || fstat(fd, &here) < 0 || ttyname_r(fd, path, sizeof(path)) != 0) {
            continue;
        }
        auto_fd int terminal = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (terminal >= 0 && fstat(terminal, &there) == 0 && S_ISCHR(there.st_mode) && there.st_rdev == here.st_rdev) {
            return steal_fd(&terminal);
        }
    }
    return -1;
}

static bool is_planned(const struct stat *st, const struct plan_device *device)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(device->major, device->minor);
}

static int open_planned(struct device_set *set, struct err *err)
{
    const struct plan *plan = set->plan;
    set->planned = plan->device_count > 0 ? xcalloc(plan->device_count, sizeof(*set->planned)) : NULL;
    for (size_t i = 0; i < plan->device_count; i++) {
        struct stat st;
        int fd = open(plan->device[i].source, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        set->planned[i] = fd;
        if (fd < 0 || fstat(fd, &st) < 0) {
            return err_set_errno(err, ERR_HOST, errno, "open '%s'", plan->device[i].source);
        }
        if (!is_planned(&st, &plan->device[i])) {
            return err_set(err, ERR_HOST, "'%s' was exchanged while the run was started", plan->device[i].source);
        }
    }
    return 0;
}

int device_open(struct device_set *set, const struct plan *plan, struct err *err)
{
    *set = (struct device_set){.terminal = -1, .plan = plan};
    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        int fd = open_node(i, err);
        if (fd < 0) {
            return -1;
        }
        set->fd[i] = fd;
    }
    set->terminal = open_terminal();
    return open_planned(set, err);
}

static int bind_descriptor(int fd, const char *place, struct err *err)
{
    auto_free char *source = xasprintf("/proc/self/fd/%d", fd);
    if (mknod(place, S_IFREG | 0600, 0) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for a device");
    }
    return mount_do(source, place, NULL, MS_BIND, NULL, "bind a device", err);
}

static int make_links(const char *target, struct err *err)
{
    static const char *const links[][2] = {
        {"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
        {"/proc/self/fd/2", "stderr"}, {"/proc/kcore", "core"},      {"pts/ptmx", "ptmx"},
    };
    for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
        auto_free char *path = xasprintf("%s/%s", target, links[i][1]);
        if (symlink(links[i][0], path) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", path);
        }
    }
    return 0;
}

static int make_memory_and_terminals(const char *target, struct err *err)
{
    auto_free char *shm = xasprintf("%s/shm", target);
    auto_free char *pts = xasprintf("%s/pts", target);
    if (mkdir(shm, 01777) < 0 || mkdir(pts, 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", shm);
    }
    if (mount_do("tmpfs", shm, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", "mount tmpfs", err) < 0) {
        return -1;
    }
    /* Without gid=5: that group has no number outside (devpts.rst). */
    return mount_do("devpts", pts, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620",
                    "mount devpts", err);
}

static int bind_nodes(const struct device_set *set, const char *place, struct err *err)
{
    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        auto_free char *node = xasprintf("%s/%s", place, nodes[i].name);
        struct stat st;
        if (bind_descriptor(set->fd[i], node, err) < 0) {
            return -1;
        }
        if (stat(node, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(nodes[i].major, nodes[i].minor)) {
            return err_set(err, ERR_HOST, "self-check: '/dev/%s' is not the device it should be", nodes[i].name);
        }
    }
    auto_free char *console = xasprintf("%s/console", place);
    /* So that ttyname(3) inside finds a name; a comfort only. */
    struct err ignored = {0};
    if (set->terminal >= 0 && bind_descriptor(set->terminal, console, &ignored) < 0) {
        unlink(console);
    }
    return 0;
}

/* The folders on the way to `node`, which is beneath `place`: nothing but ours is there. */
static int make_folders(const char *place, char *node, struct err *err)
{
    for (char *slash = strchr(node + strlen(place) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(node, 0755);
        *slash = '/';
        if (made < 0 && errno != EEXIST) {
            return err_set_errno(err, ERR_SYSTEM, errno, "make a folder for a device");
        }
    }
    return 0;
}

static int bind_planned(const struct device_set *set, const char *place, struct err *err)
{
    for (size_t i = 0; i < set->plan->device_count; i++) {
        const struct plan_device *device = &set->plan->device[i];
        struct stat st;
        auto_free char *node = xasprintf("%s/%s", place, device->target + strlen("/dev/"));
        if (make_folders(place, node, err) < 0 || bind_descriptor(set->planned[i], node, err) < 0) {
            return err_wrap(err, "'%s'", device->target);
        }
        if (stat(node, &st) < 0 || !is_planned(&st, device)) {
            return err_set(err, ERR_HOST, "self-check: '%s' is not the device it should be", device->target);
        }
    }
    return 0;
}

int device_build(const struct device_set *set, const char *place, struct err *err)
{
    if (mkdir(place, 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for devices");
    }
    if (mount_do("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755", "mount tmpfs", err) < 0 ||
        bind_nodes(set, place, err) < 0 || bind_planned(set, place, err) < 0 || make_links(place, err) < 0 ||
        make_memory_and_terminals(place, err) < 0) {
        return -1;
    }
    return mount_freeze(place, err);
}

void device_close(struct device_set *set)
{
    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        if (set->fd[i] > 0) {
            close(set->fd[i]);
            set->fd[i] = 0;
        }
    }
    for (size_t i = 0; set->planned != NULL && i < set->plan->device_count; i++) {
        if (set->planned[i] > 0) {
            close(set->planned[i]);
        }
    }
    free(steal_ptr(&set->planned));
    if (set->terminal > 0) {
        close(set->terminal);
        set->terminal = 0;
    }
}
