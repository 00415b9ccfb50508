/* SPDX-License-Identifier: BSD-2-Clause
 * view: what /proc and /sys tell of the host inside. */
#include "sandbox/view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/mounts.h"

enum { WORD_BITS = 8 * sizeof(unsigned long) };

/* In /proc, for every caller: what lies in the folder under this name, or "nothing" or "empty" (a folder). */
static const struct {
    const char *name;
    const char *cover;
} covers[] = {
    {"loadavg", "loadavg"},     {"uptime", "uptime"},         {"stat", "stat"},        {"meminfo", "meminfo"},
    {"keys", "nothing"},        {"key-users", "nothing"},     {"kallsyms", "nothing"}, {"interrupts", "nothing"},
    {"sched_debug", "nothing"}, {"latency_stats", "nothing"}, {"acpi", "empty"},       {"asound", "empty"},
    {"scsi", "empty"},          {"pressure", "empty"},
};

static bool has_cpu(const struct view *view, unsigned cpu)
{
    return cpu < VIEW_CPUS_MOST && (view->cpus[cpu / WORD_BITS] >> cpu % WORD_BITS & 1) != 0;
}

/* "0-3,6": the form of /sys/devices/system/cpu/online. */
static void add_ranges(const struct view *view, struct buf *text)
{
    const char *comma = "";
    for (unsigned cpu = 0; cpu < VIEW_CPUS_MOST; cpu++) {
        if (!has_cpu(view, cpu)) {
            continue;
        }
        unsigned last = cpu;
        while (has_cpu(view, last + 1)) {
            last++;
        }
        buf_addf(text, last > cpu ? "%s%u-%u" : "%s%u", comma, cpu, last);
        comma = ",";
        cpu = last;
    }
    buf_add_text(text, "\n");
}

void view_gather(struct view *view, bool root, const struct limits_held *limits)
{
    auto_release(buf) struct buf mine = {0};
    auto_release(buf) struct buf online = {0};
    struct err ignored = {0};
    *view = (struct view){.root = root};
    if (syscall(SYS_sched_getaffinity, 0, sizeof(view->cpus), view->cpus) < 0) {
        view->cpus[0] = 1; /* more than VIEW_CPUS_MOST are there */
    }
    if (limits != NULL && limits->asked.value[LIMIT_CPUS] != 0) { /* it is pinned to them later */
        _Static_assert(sizeof(limits->cpus.bits) <= sizeof(view->cpus), "room for every CPU");
        memset(view->cpus, 0, sizeof(view->cpus));
        memcpy(view->cpus, limits->cpus.bits, sizeof(limits->cpus.bits));
    }
    view->memory = limits != NULL ? limits->asked.value[LIMIT_MEMORY] : 0;
    add_ranges(view, &mine);
    bool known = fs_read_path("/sys/devices/system/cpu/online", 4096, &online, &ignored) == 0;
    view->some = !known || strcmp(buf_text(&mine), buf_text(&online)) != 0;
}

static int write_file(const char *folder, const char *name, const char *text, struct err *err)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", name);
    }
    return fs_write_fd(fd, name, text, strlen(text), err);
}

static int make_folder(const char *folder, const char *name, struct err *err)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    if (mkdir(path, 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make '%s'", name);
    }
    return 0;
}

/* proc_stat(5): the lines that programs look for, and no time of any of them. */
static int make_stat(const struct view *view, const char *folder, struct err *err)
{
    static const char times[] = " 0 0 0 0 0 0 0 0 0 0\n";
    auto_release(buf) struct buf text = {0};
    buf_addf(&text, "cpu %s", times);
    for (unsigned cpu = 0; cpu < VIEW_CPUS_MOST; cpu++) {
        if (has_cpu(view, cpu)) {
            buf_addf(&text, "cpu%u%s", cpu, times);
        }
    }
    buf_addf(&text, "intr 0\nctxt 0\nbtime 0\nprocesses 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 0%s", times);
    return write_file(folder, "stat", buf_text(&text), err);
}

/* proc_meminfo(5): what there is, all of it free. */
static int make_meminfo(const struct view *view, const char *folder, struct err *err)
{
    static const char *const totals[] = {"MemTotal", "MemFree", "MemAvailable"};
    static const char *const zeros[] = {
        "Buffers",     "Cached",     "SwapCached",   "Active",       "Inactive",     "Unevictable",
        "Mlocked",     "SwapTotal",  "SwapFree",     "Dirty",        "Writeback",    "AnonPages",
        "Mapped",      "Shmem",      "KReclaimable", "Slab",         "SReclaimable", "SUnreclaim",
        "KernelStack", "PageTables", "CommitLimit",  "Committed_AS", "VmallocUsed",
    };
    struct sysinfo info = {0};
    auto_release(buf) struct buf text = {0};
    sysinfo(&info);
    uint64_t all = (uint64_t)info.totalram * info.mem_unit;
    uint64_t kib = (view->memory > 0 && view->memory < all ? view->memory : all) / 1024;
    for (size_t i = 0; i < sizeof(totals) / sizeof(*totals); i++) {
        buf_addf(&text, "%s: %llu kB\n", totals[i], (unsigned long long)kib);
    }
    for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++) {
        buf_addf(&text, "%s: 0 kB\n", zeros[i]);
    }
    buf_add_text(&text, "HugePages_Total: 0\nHugePages_Free: 0\nHugepagesize: 2048 kB\n");
    return write_file(folder, "meminfo", buf_text(&text), err);
}

/* Only the paragraphs of the run's own CPUs. */
static int make_cpuinfo(const struct view *view, const char *folder, const char *proc, struct err *err)
{
    enum { CPUINFO_MOST = 64 << 20 };
    auto_release(buf) struct buf all = {0};
    auto_release(buf) struct buf some = {0};
    auto_free char *path = xasprintf("%s/cpuinfo", proc);
    if (fs_read_path(path, CPUINFO_MOST, &all, err) < 0) {
        return -1;
    }
    for (const char *at = buf_text(&all); *at != '\0';) {
        const char *end = strstr(at, "\n\n");
        size_t length = end != NULL ? (size_t)(end + 2 - at) : strlen(at);
        static const char key[] = "processor";
        const char *value = strncmp(at, key, sizeof(key) - 1) == 0 ? strchr(at, ':') : NULL;
        if (value == NULL || has_cpu(view, (unsigned)strtoul(value + 1, NULL, 10))) {
            buf_add(&some, at, length);
        }
        at += length;
    }
    return write_file(folder, "cpuinfo", buf_text(&some), err);
}

int view_make(const struct view *view, const char *folder, const char *proc, struct err *err)
{
    if (write_file(folder, "loadavg", "0.00 0.00 0.00 1/1 1\n", err) < 0 ||
        write_file(folder, "uptime", "0.00 0.00\n", err) < 0 || write_file(folder, "nothing", "", err) < 0 ||
        make_folder(folder, "empty", err) < 0 || make_stat(view, folder, err) < 0 ||
        make_meminfo(view, folder, err) < 0) {
        return -1;
    }
    return view->some ? make_cpuinfo(view, folder, proc, err) : 0;
}

struct covering {
    const char *folder;
    const char *frozen_proc;
    const char *proc;
    struct strlist *covered;
};

/* 0 also where there is nothing to cover. */
static int cover(const struct covering *covering, const char *folder, const char *from, const char *name,
                 struct err *err)
{
    auto_free char *source = xasprintf("%s/%s", folder, from);
    auto_free char *target = xasprintf("%s/%s", covering->proc, name);
    if (mount(source, target, NULL, MS_BIND, NULL) == 0) {
        strlist_add(covering->covered, name);
        return 0;
    }
    return errno == ENOENT ? 0 : err_set_errno(err, ERR_HOST, errno, "cover '/proc/%s'", name);
}

/* What uid 0 must not see or change, of all that this kernel has in /proc. Links lead to processes. */
static int cover_entry(const struct covering *covering, DIR *dir, const struct dirent *entry, struct err *err)
{
    struct stat st;
    const char *name = entry->d_name;
    if (entry->d_type == DT_LNK) {
        return 0;
    }
    /* A look-up in a fresh proc makes the inode: not done for a folder, which the mount looks up anyway. */
    if (entry->d_type == DT_DIR) {
        return cover(covering, covering->frozen_proc, name, name, err);
    }
    if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))) {
        return 0;
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) == 0 && (st.st_mode & 0222) == 0) {
        return cover(covering, covering->folder, "nothing", name, err);
    }
    bool writable = S_ISDIR(st.st_mode) || (st.st_mode & 0222) != 0;
    return writable ? cover(covering, covering->frozen_proc, name, name, err) : 0;
}

static int cover_for_root(const struct covering *covering, struct err *err)
{
    auto_dir DIR *dir = opendir(covering->proc);
    struct dirent *entry;
    if (dir == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "list '/proc'");
    }
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        const char *name = entry->d_name;
        bool other = name[0] == '.' || (name[0] >= '0' && name[0] <= '9') || strlist_has(covering->covered, name);
        if (!other && cover_entry(covering, dir, entry, err) < 0) {
            return -1;
        }
    }
    return errno == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "list '/proc'");
}

int view_cover(const struct view *view, const char *folder, const char *frozen_proc, const char *proc,
               struct strlist *covered, struct err *err)
{
    const struct covering covering = {folder, frozen_proc, proc, covered};
    for (size_t i = 0; !view->bare && i < sizeof(covers) / sizeof(*covers); i++) {
        if (cover(&covering, folder, covers[i].cover, covers[i].name, err) < 0) {
            return -1;
        }
    }
    if (view->some && !view->bare && cover(&covering, folder, "cpuinfo", "cpuinfo", err) < 0) {
        return -1;
    }
    return view->root ? cover_for_root(&covering, err) : 0;
}
