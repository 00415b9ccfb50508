/* SPDX-License-Identifier: BSD-2-Clause
 * on_devices: attempts to reach devices. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe/attempt.h"

static void make_node(const struct scene *scene, struct finding *finding, mode_t type, dev_t device)
{
    static const char name[] = "device-node";
    long result = mknod(name, type | 0600, device);
    if (result < 0 && errno == EEXIST) {
        unlink(name);
        result = mknod(name, type | 0600, device);
    }
    if (result < 0) {
        found_held(scene, finding, errno, NULL);
        return;
    }
    int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int errnum = errno;
    unlink(name);
    if (fd < 0 && errnum == EACCES) {
        found(finding, OUTCOME_HELD, BY_FLAGS, "it could be made, and does not work: nodev");
    } else {
        found(finding, OUTCOME_OPEN, "", fd < 0 ? "it could be made" : "it was made and opened");
    }
}

/* The memory of the machine: 1:1. */
static void make_character(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    make_node(scene, finding, S_IFCHR, makedev(1, 1));
}

/* A block device number that no driver has: 259:1048575. */
static void make_block(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    (void)attempt;
    make_node(scene, finding, S_IFBLK, makedev(259, 1048575));
}

static bool is_harmless(dev_t device)
{
    unsigned major_number = major(device);
    unsigned minor_number = minor(device);
    return (major_number == 1 &&
            (minor_number == 3 || minor_number == 5 || (minor_number >= 7 && minor_number <= 9))) ||
           (major_number == 5 && (minor_number == 0 || minor_number == 2)) ||
           (major_number >= 136 && major_number <= 143);
}

/* One of those that the user asked for. */
static bool is_let_in(const struct scene *scene, dev_t device)
{
    char wanted[32];
    int length = snprintf(wanted, sizeof(wanted), "%u:%u", major(device), minor(device));
    for (const char *at = scene->devices; at != NULL && *at != '\0'; at += *at == ',') {
        size_t word = strcspn(at, ",");
        if (word == (size_t)length && strncmp(at, wanted, word) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}

static unsigned look_for(const struct scene *scene, const char *folder, unsigned *let_in, char *first, size_t size)
{
    unsigned bad = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[300];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (lstat(path, &st) < 0 || (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) || is_harmless(st.st_rdev)) {
            continue;
        }
        if (is_let_in(scene, st.st_rdev)) {
            (*let_in)++;
        } else if (bad++ == 0) {
            snprintf(first, size, "%s", path);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return bad;
}

static void list(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    static const char *const folders[] = {"/dev",       "/dev/net",  "/dev/input",      "/dev/mapper",
                                          "/dev/dri",   "/dev/snd",  "/dev/infiniband", "/dev/vfio",
                                          "/dev/block", "/dev/char", "/dev/nvidia-caps"};
    char first[300] = "";
    unsigned bad = 0;
    unsigned let_in = 0;
    (void)attempt;
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        bad += look_for(scene, folders[i], &let_in, first, bad == 0 ? sizeof(first) : 0);
    }
    if (bad > 0) {
        found(finding, OUTCOME_OPEN, "", "%u, the first is '%.160s'", bad, first);
    } else if (let_in > 0) {
        found(finding, OUTCOME_SHARED, "asked for: --device", "%u that were let in, and the harmless ones", let_in);
    } else {
        found(finding, OUTCOME_HELD, "own /dev", "null, zero, full, random, urandom, tty and own terminals only");
    }
}

static void judge_open(const struct scene *scene, struct finding *finding, const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0 && is_let_in(scene, st.st_rdev)) {
        found(finding, OUTCOME_SHARED, "asked for: --device", "'%s' can be opened", path);
    } else if (fd >= 0) {
        found(finding, OUTCOME_OPEN, "", "'%s' can be opened", path);
    } else {
        found_held(scene, finding, errno, errno == ENOENT ? "own /dev" : NULL);
    }
}

/* The attempt's name is that of the device. */
static void open_named(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    char path[64];
    snprintf(path, sizeof(path), "/dev/%s", attempt->name);
    judge_open(scene, finding, path);
}

/* The terminals of the host's other users. */
static void other_terminals(const struct scene *scene, const struct attempt *attempt, struct finding *finding)
{
    struct stat st;
    (void)attempt;
    if (stat("/dev/pts/0", &st) < 0) {
        found_held(scene, finding, errno, errno == ENOENT ? "own /dev" : NULL);
        return;
    }
    found(finding, OUTCOME_OPEN, "", "/dev/pts shows terminals that nobody in here has made");
}

#define DEVICE(device, what)                                                                                           \
    {                                                                                                                  \
        .wall = "devices", .name = (device), .text = (what), .act = open_named                                         \
    }

const struct attempt attempts_on_devices[] = {
    {.wall = "devices", .name = "make-character", .text = "make a character device", .act = make_character},
    {.wall = "devices", .name = "make-block", .text = "make a block device", .act = make_block},
    {.wall = "devices", .name = "list", .text = "find devices in /dev", .act = list},
    {.wall = "devices", .name = "terminals", .text = "find the host's terminals", .act = other_terminals},
    DEVICE("mem", "open the memory of the machine"),
    DEVICE("kmsg", "open the kernel's log"),
    DEVICE("fuse", "open the maker of file systems"),
    DEVICE("net/tun", "open the maker of network interfaces"),
    DEVICE("kvm", "open the virtual machine monitor"),
    DEVICE("loop-control", "open the maker of disks"),
    {0},
};
