/* SPDX-License-Identifier: BSD-2-Clause
 * root: builds the root file system of a plan and makes it the root.
 *
 * The rule that this file keeps: no path of the image is looked up while the host can be reached. Most container
 * escapes of recent years broke it (a link in the image, followed on the host). Hence three acts:
 *
 * 1. Collect. On the host, every source that the user or we have named is opened, then bound into a yard, a tmpfs of
 * ours whose paths we alone make up. Sources are opened before the first mount, since that mount can cover one of them.
 * 2. Leave. pivot_root(".", ".") puts the new root in place and the old one on top of it, where it is detached
 * (pivot_root(2), NOTES).
 * 3. Furnish. The rootfs' entries are bound into the new root, then each mount of the plan is moved from the yard to
 * its target. A link of the image can lead nowhere but into the image.
 *
 * The classic mount(2) does all of it on every kernel from 4.18: one way for all hosts, no second one that only old
 * hosts test. The new root is a tmpfs of ours and the rootfs is bound into it, so that mount points can be made without
 * writing to the store and without an overlay; only --writable needs an overlay.
 */
#include "sandbox/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "sandbox/device.h"
#include "sandbox/host.h"
#include "sandbox/mounts.h"
#include "sandbox/proc.h"
#include "sandbox/view.h"

struct building {
    const struct plan *plan;
    struct stdio *stdio;
    int rootfs;  /* O_PATH descriptors of the sources */
    int *source; /* one a mount, -1 where it has none */
    struct device_set devices;
    char yard_name[40]; /* ".sciwrap-RANDOM": an image cannot hold a link to a name that is made up now */
    struct mount_yard yard;
    const struct view *view;
    struct strlist *covered;
    bool shared_proc; /* no fresh proc was to be had */
};

/* Exists on every host, belongs to root, and is no link that a user could have made. */
static const char base_dir[] = "/tmp";

static int open_source(const char *path, struct err *err)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s' to bind it", path);
    }
    return fd;
}

/* A link that somebody put into the path since it was looked up, a run in a bound folder for one, leads elsewhere. */
static int check_place(int fd, const char *path, struct err *err)
{
    char at[PATH_MAX];
    auto_free char *self = xasprintf("/proc/self/fd/%d", fd);
    ssize_t length = readlink(self, at, sizeof(at) - 1);
    at[length > 0 ? length : 0] = '\0';
    if (strcmp(at, path) != 0) {
        return err_set(err, ERR_HOST, "'%s' was to be bound, and was exchanged meanwhile: it leads to '%s'", path, at);
    }
    return 0;
}

static int open_sources(struct building *building, struct err *err)
{
    const struct plan *plan = building->plan;
    building->source = xreallocarray(NULL, plan->mount_count, sizeof(*building->source));
    building->rootfs = open_source(plan->rootfs, err);
    if (building->rootfs < 0) {
        return -1;
    }
    for (size_t i = 0; i < plan->mount_count; i++) {
        building->source[i] = -1;
        if (plan->mount[i].kind == PLAN_BIND) {
            building->source[i] = open_source(plan->mount[i].source, err);
            if (building->source[i] < 0 ||
                (plan->mount[i].exact && check_place(building->source[i], plan->mount[i].source, err) < 0)) {
                return -1;
            }
        }
    }
    return device_open(&building->devices, plan, err);
}

/* The overlay's layers by descriptor: a path with ',' or ':' in it would end an option. userxattr: the only kind that
 * a user namespace may use (Documentation/filesystems/overlayfs.rst). */
static int mount_layered(const struct building *building, struct err *err)
{
    auto_free char *upper_path = xasprintf("%s/upper", building->plan->scratch);
    auto_free char *work_path = xasprintf("%s/work", building->plan->scratch);
    auto_fd int upper = open_source(upper_path, err);
    auto_fd int work = upper < 0 ? -1 : open_source(work_path, err);
    if (work < 0) {
        return -1;
    }
    auto_free char *options = xasprintf("lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d,"
                                        "userxattr",
                                        building->rootfs, upper, work);
    return mount_do("overlay", base_dir, "overlay", MS_NOSUID | MS_NODEV, options, "mount overlay", err);
}

/* The new root, with cwd in it and the yard beside; the host is still the root of this process. */
static int mount_base(struct building *building, struct err *err)
{
    /* Slave, not private: what an automounter brings on the host still arrives; nothing goes back. */
    if (mount_do(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL, "make mounts private", err) < 0) {
        return -1;
    }
    int result = building->plan->writable
                     ? mount_layered(building, err)
                     : mount_do("tmpfs", base_dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755", "mount tmpfs", err);
    /* Unbindable until the sources are parked: a source that holds base_dir (the work directory can be /tmp itself)
     * would otherwise be bound with a copy of the new root in it. */
    if (result < 0 || mount_do(NULL, base_dir, NULL, MS_UNBINDABLE, NULL, "mount tmpfs", err) < 0) {
        return -1;
    }
    if (chdir(base_dir) < 0 || mkdir(building->yard_name, 0700) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "enter the new root");
    }
    return mount_do("tmpfs", building->yard_name, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700", "mount tmpfs", err);
}

/* Binds what `fd` refers to at the yard's place `name`. */
static int park(const struct building *building, int fd, const char *name, bool read_only, struct err *err)
{
    struct stat st;
    auto_free char *place = xasprintf("%s/%s", building->yard_name, name);
    auto_free char *source = xasprintf("/proc/self/fd/%d", fd);
    if (fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "stat a source");
    }
    int made = S_ISDIR(st.st_mode) ? mkdir(place, 0700) : mknod(place, S_IFREG | 0600, 0);
    if (made < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for a source");
    }
    if (mount_do(source, place, NULL, MS_BIND | MS_REC, NULL, "bind a host path", err) < 0) {
        return -1;
    }
    return mount_restrict(place, read_only, err);
}

static int park_sources(struct building *building, struct err *err)
{
    auto_free char *proc = xasprintf("%s/proc", building->yard_name);
    if (proc_mount(proc, building->plan->shared_proc, &building->shared_proc, err) < 0) {
        return -1;
    }
    const struct plan *plan = building->plan;
    if (!plan->writable && park(building, building->rootfs, "rootfs", true, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < plan->mount_count; i++) {
        auto_free char *name = xasprintf("m%zu", i);
        if (building->source[i] >= 0 && park(building, building->source[i], name, plan->mount[i].read_only, err) < 0) {
            return -1;
        }
    }
    auto_free char *dev = xasprintf("%s/dev", building->yard_name);
    if (device_build(&building->devices, dev, err) < 0) {
        return -1;
    }
    return stdio_guard(building->stdio, building->yard_name, err);
}

static int leave_host(struct err *err)
{
    if (syscall(SYS_pivot_root, ".", ".") < 0) {
        return host_explain(err, "enter the new root", errno);
    }
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) {
        return host_explain(err, "leave the host's file system", errno);
    }
    return 0;
}

/* Ours whatever the image holds there: the unpacker refuses images in which they are links. */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {"dev", "proc", "run", "sys", "tmp"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, ".sciwrap-", 9) == 0;
}

static int bind_rootfs(struct building *building, struct err *err)
{
    static const char *const reserved[] = {"/dev", "/proc", "/run", "/sys", "/tmp"};
    for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++) {
        if (mkdir(reserved[i], 0755) < 0 && errno != EEXIST) {
            return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", reserved[i]);
        }
    }
    if (building->plan->writable) {
        return 0; /* the overlay shows the rootfs already */
    }
    auto_free char *rootfs = xasprintf("%s/rootfs", building->yard.path);
    return mount_entries(rootfs, "/", is_reserved, err);
}

static int write_files(const struct building *building, const char *folder, struct err *err)
{
    for (size_t i = 0; i < building->plan->mount_count; i++) {
        const struct plan_mount *mount = &building->plan->mount[i];
        if (mount->kind != PLAN_FILE) {
            continue;
        }
        auto_free char *path = xasprintf("%s/f%zu", folder, i);
        auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
        if (fd < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", mount->target);
        }
        if (fs_write_fd(fd, mount->target, mount->content, strlen(mount->content), err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A read-only look at a folder of the yard: what is bound out of it is read-only at once. */
static int freeze_view_of(const char *from, const char *at, struct err *err)
{
    if (mount_do(from, at, NULL, MS_BIND, NULL, "bind a file", err) < 0) {
        return -1;
    }
    return mount_freeze(at, err);
}

/* All files of ours that will be bound, in "files"; for uid 0 the proc, which can then be bound in parts. */
static int make_files(struct building *building, struct err *err)
{
    auto_free char *files = xasprintf("%s/files", building->yard.path);
    auto_free char *proc = xasprintf("%s/proc", building->yard.path);
    auto_free char *frozen_proc = xasprintf("%s/proc.ro", building->yard.path);
    if (mkdir(files, 0755) < 0 || mkdir(frozen_proc, 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make a place for files");
    }
    if (write_files(building, files, err) < 0 || view_make(building->view, files, proc, err) < 0 ||
        freeze_view_of(files, files, err) < 0) {
        return -1;
    }
    return building->view->root ? proc_freeze_view(proc, frozen_proc, err) : 0;
}

static int cover_proc(struct building *building, struct err *err)
{
    auto_free char *files = xasprintf("%s/files", building->yard.path);
    auto_free char *frozen_proc = xasprintf("%s/proc.ro", building->yard.path);
    return view_cover(building->view, files, frozen_proc, "/proc", building->covered, err);
}

static int place_bind(struct building *building, size_t i, struct err *err)
{
    const struct plan_mount *mount = &building->plan->mount[i];
    auto_free char *parked = xasprintf("%s/m%zu", building->yard.path, i);
    struct stat st;
    if (stat(parked, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "find the source of '%s'", mount->target);
    }
    if (mount_make_target(&building->yard, mount->target, S_ISDIR(st.st_mode), err) < 0) {
        return -1;
    }
    return mount_do(parked, mount->target, NULL, MS_MOVE, NULL, "bind a host path", err);
}

static int place_file(struct building *building, size_t i, struct err *err)
{
    const char *target = building->plan->mount[i].target;
    auto_free char *path = xasprintf("%s/files/f%zu", building->yard.path, i);
    if (mount_make_target(&building->yard, target, false, err) < 0) {
        return -1;
    }
    return mount_do(path, target, NULL, MS_BIND, NULL, "bind a file", err);
}

/* Something of the plan has its place in it, which is to be made. */
static bool holds_more(const struct plan *plan, const struct plan_mount *mount)
{
    for (const struct plan_mount *later = mount + 1; later < plan->mount + plan->mount_count; later++) {
        if (path_is_under(later->target, mount->target) && strcmp(later->target, mount->target) != 0) {
            return true;
        }
    }
    return false;
}

static int place_tmpfs(struct building *building, const struct plan_mount *mount, struct err *err)
{
    bool read_only = mount->read_only && !holds_more(building->plan, mount);
    unsigned long flags = MS_NOSUID | MS_NODEV | (read_only ? MS_RDONLY : 0UL);
    if (mount_make_target(&building->yard, mount->target, true, err) < 0) {
        return -1;
    }
    return mount_do("tmpfs", mount->target, "tmpfs", flags, "mode=0755", "mount tmpfs", err);
}

/* proc and dev were made in the yard, and their places in the new root are ours as well. */
static int place_made(const struct building *building, const char *name, const char *target, struct err *err)
{
    auto_free char *parked = xasprintf("%s/%s", building->yard.path, name);
    return mount_do(parked, target, NULL, MS_MOVE, NULL, "move a mount", err);
}

static int place_mount(struct building *building, size_t i, struct err *err)
{
    const struct plan_mount *mount = &building->plan->mount[i];
    switch (mount->kind) {
    case PLAN_BIND:
        return place_bind(building, i, err);
    case PLAN_TMPFS:
        return place_tmpfs(building, mount, err);
    case PLAN_FILE:
        return place_file(building, i, err);
    case PLAN_PROC:
        return place_made(building, "proc", mount->target, err);
    case PLAN_DEV:
        return place_made(building, "dev", mount->target, err);
    }
    return err_set(err, ERR_INVALID, "unknown kind of mount");
}

/* Links of the plan; and what was left writable until all was in its place. */
static int finish_folders(struct building *building, struct err *err)
{
    const struct plan *plan = building->plan;
    for (size_t i = 0; i < plan->link_count; i++) {
        const char *target = plan->link[i].target;
        auto_free char *folder = xstrndup(target, (size_t)(strrchr(target, '/') - target));
        if (mount_make_target(&building->yard, folder, true, err) < 0) {
            return -1;
        }
        if (symlink(plan->link[i].text, target) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "make link '%s'", target);
        }
    }
    for (size_t i = 0; i < plan->mount_count; i++) {
        const struct plan_mount *mount = &plan->mount[i];
        if (mount->kind == PLAN_TMPFS && mount->read_only && holds_more(plan, mount) &&
            mount_freeze(mount->target, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int furnish(struct building *building, struct err *err)
{
    if (bind_rootfs(building, err) < 0 || make_files(building, err) < 0) {
        return -1;
    }
    /* proc comes last: until then no link of the image can name /proc/self/fd/N, which leads to whatever this process
     * has open, the caller's standard input for one. */
    for (int proc = 0; proc < 2; proc++) {
        for (size_t i = 0; i < building->plan->mount_count; i++) {
            const struct plan_mount *mount = &building->plan->mount[i];
            if ((mount->kind == PLAN_PROC) == (proc == 1) && place_mount(building, i, err) < 0) {
                return err_wrap(err, "mount '%s'", mount->target);
            }
        }
    }
    if (finish_folders(building, err) < 0 || cover_proc(building, err) < 0) {
        return -1;
    }
    for (size_t i = 0; !building->plan->writable && i < building->yard.underlays.count; i++) {
        if (mount_freeze(building->yard.underlays.item[i], err) < 0) {
            return -1;
        }
    }
    /* With it goes every path to a source that is not at its target. */
    if (umount2(building->yard.path, MNT_DETACH) < 0 || rmdir(building->yard.path) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "remove the yard");
    }
    return building->plan->writable ? 0 : mount_freeze("/", err);
}

static void close_sources(struct building *building)
{
    if (building->rootfs >= 0) {
        close(building->rootfs);
        building->rootfs = -1;
    }
    for (size_t i = 0; building->source != NULL && i < building->plan->mount_count; i++) {
        if (building->source[i] >= 0) {
            close(building->source[i]);
        }
    }
    free(steal_ptr(&building->source));
    device_close(&building->devices);
}

static void building_release(struct building *building)
{
    close_sources(building);
    strlist_release(&building->yard.underlays);
}

int root_enter(const struct plan *plan, struct stdio *stdio, const struct view *view, struct strlist *covered,
               bool *ret_shared_proc, struct err *err)
{
    auto_release(building) struct building building = {
        .plan = plan, .stdio = stdio, .rootfs = -1, .view = view, .covered = covered};
    uint64_t random;
    if (!random_fill(&random, sizeof(random))) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    auto_free char *name = xasprintf(".sciwrap-%016llx", (unsigned long long)random);
    auto_free char *yard = xasprintf("/%s", name);
    memcpy(building.yard_name, name, strlen(name) + 1);
    building.yard.path = yard;
    if (open_sources(&building, err) < 0 || mount_base(&building, err) < 0 || park_sources(&building, err) < 0 ||
        mount_do(NULL, base_dir, NULL, MS_PRIVATE, NULL, "mount tmpfs", err) < 0) {
        return -1;
    }
    /* A descriptor of the host is a way back to it: "/proc/self/fd/N/.." goes up from there, detached or not. */
    close_sources(&building);
    if (leave_host(err) < 0) {
        return -1;
    }
    *ret_shared_proc = building.shared_proc;
    return furnish(&building, err);
}
