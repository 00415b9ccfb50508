/* SPDX-License-Identifier: BSD-2-Clause
 * mounts: single mount operations. Places for mounts are in mount_target.c. */
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "sandbox/host.h"

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

int mount_do(const char *source, const char *target, const char *type, unsigned long flags, const char *data,
             const char *step, struct err *err)
{
    if (mount(source, target, type, flags, data) < 0) {
        return host_explain(err, step, errno);
    }
    return 0;
}

/* A bind remount sets flags anew, and the kernel refuses one that would clear a flag the host has locked. */
static unsigned long present_flags(const char *path)
{
    static const struct {
        unsigned long seen, flag;
    } pairs[] = {{ST_RDONLY, MS_RDONLY}, {ST_NOSUID, MS_NOSUID}, {ST_NODEV, MS_NODEV}, {ST_NOEXEC, MS_NOEXEC}};
    struct statvfs st;
    unsigned long flags = 0;
    if (statvfs(path, &st) == 0) {
        for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
            flags |= (st.f_flag & pairs[i].seen) != 0 ? pairs[i].flag : 0;
        }
    }
    return flags;
}

static int remount(const char *path, unsigned long add, struct err *err)
{
    return mount_do(NULL, path, NULL, MS_REMOUNT | MS_BIND | present_flags(path) | add, NULL, "restrict a mount", err);
}

void mounts_unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] != '\0' && from[3] != '\0') {
            *to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

/* For kernels before 5.12: every mount at or beneath `path`, one by one (proc_pid_mountinfo(5), field 5). */
static int restrict_one_by_one(const char *path, unsigned long add, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    auto_free char *absolute = realpath(path, NULL); /* as mountinfo names it */
    if (absolute == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "resolve '%s'", path);
    }
    if (fs_read_path("/proc/self/mountinfo", 64U << 20, &text, err) < 0) {
        return -1;
    }
    char *rest = NULL;
    for (char *line = strtok_r(text.bytes, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *words = NULL;
        char *field = strtok_r(line, " ", &words);
        for (int i = 1; i < 5 && field != NULL; i++) {
            field = strtok_r(NULL, " ", &words);
        }
        if (field == NULL) {
            continue;
        }
        mounts_unescape(field);
        if (path_is_under(field, absolute) && remount(field, add, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Looked at at once: mount points are made in what follows, and in a tree of the store that was not read-only they
 * would stay there. The whole of the mounts is looked at when all are there. */
static int expect_read_only(const char *path, struct err *err)
{
    struct statvfs st;
    if (statvfs(path, &st) < 0 || (st.f_flag & ST_RDONLY) == 0) {
        return err_set(err, ERR_HOST, "a mount that was made read-only is writable");
    }
    return 0;
}

int mount_restrict(const char *path, bool read_only, struct err *err)
{
    struct mount_attr attr = {.attr_set =
                                  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (read_only ? (uint64_t)MOUNT_ATTR_RDONLY : 0)};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr)) == 0) {
        return read_only ? expect_read_only(path, err) : 0;
    }
    if (errno != ENOSYS) {
        return host_explain(err, "restrict a mount", errno);
    }
    return restrict_one_by_one(path, MS_NOSUID | MS_NODEV | (read_only ? MS_RDONLY : 0UL), err);
}

int mount_freeze(const char *path, struct err *err)
{
    return remount(path, MS_RDONLY, err);
}

int mount_thaw(const char *path, struct err *err)
{
    unsigned long flags = present_flags(path) & ~(unsigned long)MS_RDONLY;
    return mount_do(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags, NULL, "restrict a mount", err);
}
