/* SPDX-License-Identifier: BSD-2-Clause
 * sharing: whether other hosts may use a store. */
#include "env/sharing.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"

/* Of linux/magic.h and the file systems themselves: those that one kernel has for itself. One that is unknown is taken
 * for shared, which costs a wait for the disk and no more. overlayfs is here because it takes no network file system
 * for its upper layer; FUSE and 9p are not, because anything may be behind them. */
static const uint32_t local[] = {
    0xEF53,     /* ext2, ext3, ext4 */
    0x58465342, /* xfs */
    0x9123683E, /* btrfs */
    0x01021994, /* tmpfs */
    0x858458F6, /* ramfs */
    0xF2F52010, /* f2fs */
    0x2FC12FC1, /* zfs */
    0xCA451A4E, /* bcachefs */
    0x794C7630, /* overlayfs */
    0x52654973, /* reiserfs */
    0x3153464A, /* jfs */
    0x3434,     /* nilfs2 */
};

static bool is_set(const char *value)
{
    const char *set = getenv("SCIWRAP_STORE_SHARED");
    return set != NULL && strcmp(set, value) == 0;
}

bool sharing_is_on(int fd)
{
    return is_set("yes") || sharing_is_network(fd);
}

bool sharing_is_network(int fd)
{
    struct statfs fs;
    if (is_set("no")) {
        return false;
    }
    if (fstatfs(fd, &fs) < 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        if ((uint32_t)fs.f_type == local[i]) {
            return false;
        }
    }
    return true;
}

void sharing_host(char name[SHARING_HOST + 1])
{
    struct utsname host;
    if (uname(&host) < 0 || host.nodename[0] == '\0') {
        strcpy(host.nodename, "unknown");
    }
    snprintf(name, SHARING_HOST + 1, "%.64s", host.nodename);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '/' || (unsigned char)*c <= ' ' ? '_' : *c;
    }
}

void sharing_boot(char id[SHARING_BOOT_ID + 1])
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    snprintf(id, SHARING_BOOT_ID + 1, "unknown");
    if (fs_read_path("/proc/sys/kernel/random/boot_id", 256, &text, &ignored) == 0 && text.length >= SHARING_BOOT_ID) {
        memcpy(id, text.bytes, SHARING_BOOT_ID);
        id[SHARING_BOOT_ID] = '\0';
    }
}
