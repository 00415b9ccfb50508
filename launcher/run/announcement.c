/* SPDX-License-Identifier: BSD-2-Clause
 * announcement: what a launcher keeps open while its run lasts, so that others find out which runs there are. */
#include "run/announcement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/announcement_doc.h"

enum { SEALS = F_SEAL_WRITE | F_SEAL_SHRINK };

int announcement_make(const struct manifest *manifest, const struct plan *plan, const char *project,
                      const struct launch_result *launched)
{
    struct err unwritten = {0};
    prctl(PR_SET_NAME, ANNOUNCEMENT_COMM, 0, 0, 0);
    auto_fd int fd = memfd_create(ANNOUNCEMENT_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    auto_free char *text = announcement_format(manifest, plan, project, launched);
    size_t length = strlen(text);
    if (fd < 0 || length > ANNOUNCEMENT_MOST ||
        fs_write_fd(fd, "the announcement of this run", text, length, &unwritten) < 0 ||
        fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0) {
        log_debug("this run cannot be found by 'sciwrap ps': %s", strerror(errno));
        return -1;
    }
    return steal_fd(&fd);
}

uint64_t announcement_entered(int fd)
{
    struct stat st;
    char last = '\0';
    uint64_t entered = 0;
    if (fd < 0 || fstat(fd, &st) < 0) {
        return 0;
    }
    /* The text ends in a line end; what was added is NUL. Nobody enters a run a million times. */
    for (off_t at = st.st_size - 1; at >= 0 && entered < 1000000; at--, entered++) {
        if (pread(fd, &last, 1, at) != 1 || last != '\0') {
            break;
        }
    }
    return entered;
}

/* The number of the mount that the file of `path` (/proc/PID/fdinfo/N) is on; -1 when it cannot be read. */
static int64_t mount_of(const char *path)
{
    char text[512];
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, "mnt_id:");
    return line != NULL ? (int64_t)strtoul(line + strlen("mnt_id:"), NULL, 10) : -1;
}

/* All memory files lie on one mount of the kernel's own, which no path leads to. A file that is merely called like one,
 * in a mount namespace of its owner's making, could be a FIFO, or of a file system in user space that never answers. */
static bool is_memory_file(int fd)
{
    char info[64];
    auto_fd int own = memfd_create("sciwrap-compare", MFD_CLOEXEC);
    if (own < 0) {
        return false;
    }
    snprintf(info, sizeof(info), "/proc/self/fdinfo/%d", own);
    int64_t expected = mount_of(info);
    snprintf(info, sizeof(info), "/proc/self/fdinfo/%d", fd);
    return expected >= 0 && mount_of(info) == expected;
}

static int open_if_sealed(const char *path, bool for_entering)
{
    char self[64];
    auto_fd int held = open(path, O_PATH | O_CLOEXEC); /* asks no file system anything */
    if (held < 0 || !is_memory_file(held)) {
        return -1;
    }
    snprintf(self, sizeof(self), "/proc/self/fd/%d", held);
    auto_fd int fd = open(self, (for_entering ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & SEALS) == SEALS ? steal_fd(&fd) : -1;
}

int announcement_open(pid_t launcher, bool for_entering)
{
    static const char name[] = "/memfd:" ANNOUNCEMENT_NAME " (deleted)";
    enum { DESCRIPTORS_MOST = 4096 };
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    auto_free char *folder = xasprintf("/proc/%d/fd", (int)launcher);
    if (fs_list(AT_FDCWD, folder, &names, &ignored) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count && i < DESCRIPTORS_MOST; i++) {
        char target[sizeof(name) + 1];
        auto_free char *path = xasprintf("%s/%s", folder, names.item[i]);
        ssize_t length = readlink(path, target, sizeof(target));
        if (length == (ssize_t)sizeof(name) - 1 && memcmp(target, name, sizeof(name) - 1) == 0) {
            int fd = open_if_sealed(path, for_entering);
            if (fd >= 0) {
                return fd;
            }
        }
    }
    return -1;
}

int announcement_read(struct announcement *announcement, int fd, struct err *err)
{
    enum { SIZE_MOST = ANNOUNCEMENT_MOST + 1000000 }; /* with the bytes of entries */
    struct stat st;
    *announcement = (struct announcement){0};
    if (fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > SIZE_MOST) {
        return err_set(err, ERR_INVALID, "the announcement of a run is of no size that one has");
    }
    size_t size = (size_t)st.st_size < ANNOUNCEMENT_MOST ? (size_t)st.st_size : ANNOUNCEMENT_MOST;
    auto_free char *bytes = xmalloc(size + 1);
    ssize_t length = pread(fd, bytes, size, 0);
    if (length <= 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read the announcement of a run");
    }
    bytes[length] = '\0';
    return announcement_parse(announcement, bytes, strlen(bytes), err);
}

int announcement_count_entry(int fd, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || ftruncate(fd, st.st_size + 1) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "tell the launcher of the run that it is entered");
    }
    return 0;
}

void announcement_release(struct announcement *announcement)
{
    free(announcement->environment);
    free(announcement->artifact);
    strlist_release(&announcement->command);
    free(announcement->project);
    free(announcement->workdir);
    plan_release(&announcement->inside);
    *announcement = (struct announcement){0};
}
