/* SPDX-License-Identifier: BSD-2-Clause
 * devices_place: the nodes and files of a CDI specification, looked up on the host and given their places inside. */
#include "run/devices_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/options.h"
#include "run/soname.h"
#include "run/sysfs.h"

struct placing {
    struct devices *devices;
    const char *from;
    int rootfs_fd;
    struct err *err;
};

/* What a specification names and the host does not have: after an update of the driver most often. */
static int complain_gone(const struct placing *placing, const char *host)
{
    return err_set_errno(placing->err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno,
                         "%s names '%s'; if the driver was updated, make the specification anew (nvidia-ctk cdi "
                         "generate)",
                         placing->from, host);
}

/* ---- nodes */

/* The nodes and folders of every run's /dev; and those through which a run would reach all of the machine's memory, its
 * log, or the terminals of others, whoever wrote the specification. */
static bool is_reserved_name(const char *path)
{
    static const char *const names[] = {"null",   "zero",   "full", "random", "urandom", "tty",    "console",
                                        "ptmx",   "pts",    "shm",  "fd",     "stdin",   "stdout", "core",
                                        "stderr", "mqueue", "mem",  "kmem",   "port",    "kmsg"};
    const char *below = path_below(path, "/dev");
    size_t length = strcspn(below, "/");
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strlen(names[i]) == length && strncmp(names[i], below, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Numbers of Documentation/admin-guide/devices.txt. */
static bool is_reserved_number(dev_t device)
{
    unsigned major_number = major(device);
    unsigned minor_number = minor(device);
    bool is_memory =
        major_number == 1 && (minor_number == 1 || minor_number == 2 || minor_number == 4 || minor_number == 11);
    bool is_terminal = major_number == 4 || major_number == 5 || (major_number >= 136 && major_number <= 143);
    return is_memory || is_terminal;
}

static int place_node(const struct placing *placing, const struct cdi_node *node)
{
    struct devices *devices = placing->devices;
    struct stat st;
    const char *host = node->host != NULL ? node->host : node->path;
    auto_free char *real = realpath(host, NULL);
    if (real == NULL || stat(real, &st) < 0) {
        return complain_gone(placing, host);
    }
    if (!S_ISCHR(st.st_mode) || is_reserved_number(st.st_rdev) || is_reserved_name(node->path)) {
        return err_set(placing->err, ERR_INVALID, "%s: the device node '%s' is not let in: %s", placing->from,
                       node->path,
                       S_ISCHR(st.st_mode) ? "every run has its own of this name, or it would open the whole machine"
                                           : "it is no character device on this host");
    }
    if (node->has_number && (node->major != major(st.st_rdev) || node->minor != minor(st.st_rdev))) {
        return err_set(placing->err, ERR_MISMATCH,
                       "%s: '%s' is device %u:%u on this host and %u:%u in the specification; make it anew",
                       placing->from, host, major(st.st_rdev), minor(st.st_rdev), node->major, node->minor);
    }
    for (size_t i = 0; i < devices->node_count; i++) {
        if (strcmp(devices->node[i].path, node->path) == 0) {
            return 0; /* of another device that was asked for too */
        }
    }
    devices->node = xreallocarray(devices->node, devices->node_count + 1, sizeof(*devices->node));
    devices->node[devices->node_count++] = (struct devices_node){
        .path = xstrdup(node->path), .host = steal_ptr(&real), .major = major(st.st_rdev), .minor = minor(st.st_rdev)};
    return 0;
}

/* ---- files */

static bool has_path(const struct devices *devices, const char *path)
{
    for (size_t i = 0; i < devices->file_count; i++) {
        if (strcmp(devices->file[i].path, path) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < devices->link_count; i++) {
        if (strcmp(devices->link[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static void add_file(struct devices *devices, enum devices_kind kind, const char *path, const char *host,
                     const char *soname, const struct stat *st)
{
    if (has_path(devices, path)) {
        return;
    }
    devices->file = xreallocarray(devices->file, devices->file_count + 1, sizeof(*devices->file));
    devices->file[devices->file_count++] = (struct devices_file){
        .kind = kind,
        .path = xstrdup(path),
        .host = xstrdup(host),
        .soname = soname != NULL ? xstrdup(soname) : NULL,
        .size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
    };
}

static void add_link(struct devices *devices, const char *text, const char *path)
{
    if (!has_path(devices, path)) {
        devices->link = xreallocarray(devices->link, devices->link_count + 1, sizeof(*devices->link));
        devices->link[devices->link_count++] = (struct cdi_link){.text = xstrdup(text), .path = xstrdup(path)};
    }
}

static bool is_of_driver(const char *name)
{
    return strstr(name, "nvidia") != NULL || strncmp(name, "libcuda", 7) == 0 || strncmp(name, "libnvcuvid", 10) == 0 ||
           strncmp(name, "libnvoptix", 10) == 0;
}

/* In one of the folders that a linker looks in by itself. */
static bool image_has(const struct placing *placing, const char *soname)
{
    static const char *const folders[] = {
        "/lib",
        "/usr/lib",
        "/lib64",
        "/usr/lib64",
        "/usr/local/lib",
#if defined(__x86_64__)
        "/usr/lib/x86_64-linux-gnu",
        "/lib/x86_64-linux-gnu"
#elif defined(__aarch64__)
        "/usr/lib/aarch64-linux-gnu",
        "/lib/aarch64-linux-gnu"
#endif
    };
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        auto_free char *path = xasprintf("%s/%s", folders[i], soname);
        if (fs_exists_in_root(placing->rootfs_fd, path)) {
            return true;
        }
    }
    return false;
}

/* A folder of the image that has something in it, which a mount would hide. */
static bool image_has_folder(const struct placing *placing, const char *path)
{
    auto_release(buf) struct buf below = {0};
    auto_release(strlist) struct strlist names = {0};
    struct err unreadable = {0};
    if (!fs_find_in_root(placing->rootfs_fd, path, &below, NULL)) {
        return false;
    }
    const char *found = below.length > 0 ? buf_text(&below) : ".";
    return fs_list(placing->rootfs_fd, found, &names, &unreadable) < 0 || names.count > 0;
}

static bool has_library_name(const char *name)
{
    const char *at = strstr(name, ".so");
    return at != NULL && at > name && (at[3] == '\0' || at[3] == '.');
}

/* False when it is none. */
static bool place_library(const struct placing *placing, const char *name, const char *host, const struct stat *st)
{
    struct soname soname = {0};
    auto_fd int fd = has_library_name(name) ? open(host, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
    if (fd < 0 || !soname_read(fd, &soname)) {
        return false;
    }
    auto_free char *known_as = soname.name;
    const char *wanted = known_as != NULL ? known_as : name;
    if (!is_of_driver(wanted) && image_has(placing, wanted)) {
        strlist_addf(&placing->devices->left_out, "library %s: the environment has its own", wanted);
        return true;
    }
    const char *folder = soname.is_64 == (sizeof(void *) == 8) ? DEVICES_LIBRARIES : DEVICES_LIBRARIES "32";
    auto_free char *path = xasprintf("%s/%s", folder, name);
    add_file(placing->devices, DEVICES_LIBRARY, path, host, known_as, st);
    if (known_as != NULL && strcmp(known_as, name) != 0) {
        auto_free char *link = xasprintf("%s/%s", folder, known_as);
        add_link(placing->devices, name, link);
    }
    return true;
}

static bool is_program(const char *path, const struct stat *st)
{
    static const char *const folders[] = {"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"};
    const char *name = path_base(path);
    auto_free char *folder = xstrndup(path, (size_t)(name - path) - (name - path > 1));
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        if (strcmp(folder, folders[i]) == 0) {
            return (st->st_mode & 0111) != 0;
        }
    }
    return false;
}

static int place_mount(const struct placing *placing, const struct cdi_mount *mount)
{
    struct devices *devices = placing->devices;
    struct stat st;
    const char *name = path_base(mount->path);
    auto_free char *real = realpath(mount->host, NULL);
    if (real == NULL || stat(real, &st) < 0) {
        return complain_gone(placing, mount->host);
    }
    if (path_is_under(mount->path, "/run/sciwrap") || options_is_reserved(mount->path)) {
        return err_set(placing->err, ERR_INVALID, "%s: nothing of a specification can be mounted at '%s'",
                       placing->from, mount->path);
    }
    if (strncmp(mount->path, "/etc/ld.so.", 11) == 0) { /* as its variables: what all programs load is the image's */
        strlist_addf(&devices->left_out, "file %s: of the linker", mount->path);
    } else if (S_ISDIR(st.st_mode) && image_has_folder(placing, mount->path)) {
        strlist_addf(&devices->left_out, "folder %s: the environment has its own", mount->path);
    } else if (S_ISDIR(st.st_mode)) {
        add_file(devices, DEVICES_DIRECTORY, mount->path, real, NULL, &st);
    } else if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode)) {
        add_file(devices, DEVICES_OTHER, mount->path, real, NULL, &st);
    } else if (!S_ISREG(st.st_mode)) {
        return err_set(placing->err, ERR_INVALID, "%s: '%s' is a device and no file; it belongs to deviceNodes",
                       placing->from, mount->host);
    } else if (is_program(mount->path, &st)) {
        auto_free char *path = xasprintf(DEVICES_PROGRAMS "/%s", name);
        add_file(devices, DEVICES_PROGRAM, path, real, NULL, &st);
    } else if (!place_library(placing, name, real, &st)) {
        add_file(devices, DEVICES_FILE, mount->path, real, NULL, &st);
    }
    return 0;
}

/* A link between libraries that came in. */
static void place_link(const struct placing *placing, const struct cdi_link *link)
{
    auto_free char *path = xasprintf(DEVICES_LIBRARIES "/%s", path_base(link->path));
    auto_free char *target = xasprintf(DEVICES_LIBRARIES "/%s", path_base(link->text));
    if (has_path(placing->devices, path)) {
        return;
    }
    if (has_library_name(path_base(link->path)) && has_path(placing->devices, target)) {
        add_link(placing->devices, path_base(link->text), path);
    } else {
        strlist_addf(&placing->devices->left_out, "link %s", link->path);
    }
}

/* ---- /sys */

static void add_folder(struct strlist *folders, const char *folder)
{
    struct strlist kept = {0};
    bool covered = false;
    for (size_t i = 0; i < folders->count; i++) {
        covered |= path_is_under(folder, folders->item[i]);
        if (!path_is_under(folders->item[i], folder)) {
            strlist_add(&kept, folders->item[i]);
        }
    }
    if (covered) {
        strlist_release(&kept);
        return;
    }
    strlist_add(&kept, folder);
    strlist_release(folders);
    *folders = kept;
}

/* A library that is to use a device looks it up there first, and finds an empty /sys else. */
static void place_sysfs(struct devices *devices)
{
    for (size_t i = 0; i < devices->node_count; i++) {
        struct sysfs_place place = {0};
        if (sysfs_find("", devices->node[i].major, devices->node[i].minor, &place)) {
            add_folder(&devices->sysfs, place.folder);
        }
        for (size_t k = 0; k + 1 < place.links.count; k += 2) {
            add_link(devices, place.links.item[k + 1], place.links.item[k]);
        }
        sysfs_place_release(&place);
    }
}

int devices_place(struct devices *devices, const struct cdi_edits *edits, const char *from, int rootfs_fd,
                  struct err *err)
{
    const struct placing placing = {.devices = devices, .from = from, .rootfs_fd = rootfs_fd, .err = err};
    for (size_t i = 0; i < edits->node_count; i++) {
        if (place_node(&placing, &edits->node[i]) < 0) {
            return -1;
        }
    }
    place_sysfs(devices);
    for (size_t i = 0; i < edits->mount_count; i++) {
        if (place_mount(&placing, &edits->mount[i]) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < edits->link_count; i++) {
        place_link(&placing, &edits->link[i]);
    }
    for (size_t i = 0; i < edits->left_out.count; i++) {
        if (!strlist_has(&devices->left_out, edits->left_out.item[i])) {
            strlist_add(&devices->left_out, edits->left_out.item[i]);
        }
    }
    return 0;
}
