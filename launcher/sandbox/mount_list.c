/* SPDX-License-Identifier: BSD-2-Clause
 * mount_list: every mount that this process can reach, with its flags. */
#include "sandbox/mount_list.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "sandbox/mounts.h"

/* Linux 6.8, <linux/mount.h>; the headers of Debian 12 are older. */
enum {
    CALL_STATMOUNT = 457,
    CALL_LISTMOUNT = 458,
    ASK_SUPERBLOCK = 1,
    ASK_MOUNT = 2,
    ASK_POINT = 16,
    UNIQUE_ID = 0x4000, /* STATX_MNT_ID_UNIQUE */
    MOUNTS_AT_ONCE = 512,
};
static const uint64_t below_root = ~(uint64_t)0; /* LSMT_ROOT */

struct ask {
    uint32_t size; /* 24: as the first version had it */
    uint32_t spare;
    uint64_t id;
    uint64_t param; /* statmount: what is asked; listmount: the last number that was got */
};

/* struct statmount, up to what is asked here. */
struct answer {
    uint32_t size;
    uint32_t options;
    uint64_t mask;
    uint32_t device_major;
    uint32_t device_minor;
    uint64_t magic;
    uint32_t superblock_flags;
    uint32_t type_text;
    uint64_t id;
    uint64_t parent;
    uint32_t old_id;
    uint32_t old_parent;
    uint64_t attributes;
    uint64_t propagation;
    uint64_t peer_group;
    uint64_t master;
    uint64_t propagates_from;
    uint32_t root_text;
    uint32_t point_text;
    uint64_t rest[50];
    char text[4096];
};

void mount_list_release(struct mount_list *list)
{
    free(list->item);
    buf_release(&list->text);
    *list = (struct mount_list){0};
}

static void add(struct mount_list *list, const struct mount_seen *seen)
{
    if ((list->count & (list->count + 1)) == 0) {
        list->item = xreallocarray(list->item, list->count * 2 + 64, sizeof(*list->item));
    }
    list->item[list->count++] = *seen;
}

static bool ask_about(uint64_t id, uint64_t what, struct answer *ret_answer)
{
    struct ask ask = {.size = sizeof(ask), .id = id, .param = what};
    return syscall(CALL_STATMOUNT, &ask, ret_answer, sizeof(*ret_answer), 0) == 0 && (ret_answer->mask & what) == what;
}

static bool add_by_call(struct mount_list *list, uint64_t id)
{
    static struct answer answer; /* filled by the kernel; too large for a stack of a page at a time */
    if (!ask_about(id, ASK_SUPERBLOCK | ASK_MOUNT, &answer)) {
        return false;
    }
    add(list, &(struct mount_seen){.id = answer.id,
                                   .number = answer.old_id,
                                   .parent = answer.parent,
                                   .type = (uint32_t)answer.magic,
                                   .read_only = (answer.attributes & MOUNT_ATTR_RDONLY) != 0,
                                   .no_suid = (answer.attributes & MOUNT_ATTR_NOSUID) != 0,
                                   .no_dev = (answer.attributes & MOUNT_ATTR_NODEV) != 0,
                                   .passes_on = (answer.propagation & MS_SHARED) != 0});
    return true;
}

/* False where the kernel or an outer sandbox has not got the calls. */
static bool read_by_calls(struct mount_list *list)
{
    uint64_t ids[MOUNTS_AT_ONCE];
    struct ask ask = {.size = sizeof(ask), .id = below_root};
    long got;
    do {
        got = syscall(CALL_LISTMOUNT, &ask, ids, MOUNTS_AT_ONCE, 0);
        if (got < 0) {
            return false;
        }
        for (long i = 0; i < got; i++) {
            if (!add_by_call(list, ids[i])) {
                return false;
            }
        }
        ask.param = got > 0 ? ids[got - 1] : 0;
    } while (got == MOUNTS_AT_ONCE);
    list->from_calls = true;
    return list->count > 0;
}

static bool has_option(const char *options, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = options; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static uint32_t type_number(const char *name)
{
    static const struct {
        const char *name;
        uint32_t number;
    } types[] = {{"tmpfs", TMPFS_MAGIC},
                 {"proc", PROC_SUPER_MAGIC},
                 {"devpts", DEVPTS_SUPER_MAGIC},
                 {"overlay", OVERLAYFS_SUPER_MAGIC}};
    for (size_t i = 0; name != NULL && i < sizeof(types) / sizeof(*types); i++) {
        if (strcmp(name, types[i].name) == 0) {
            return types[i].number;
        }
    }
    return 0;
}

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE SUPER-OPTIONS" */
static bool add_by_line(struct mount_list *list, char *line)
{
    char *words = NULL;
    char *field[6];
    for (int i = 0; i < 6; i++) {
        field[i] = strtok_r(i == 0 ? line : NULL, " ", &words);
        if (field[i] == NULL) {
            return false;
        }
    }
    struct mount_seen seen = {.id = strtoull(field[0], NULL, 10),
                              .number = strtoull(field[0], NULL, 10),
                              .parent = strtoull(field[1], NULL, 10),
                              .read_only = has_option(field[5], "ro"),
                              .no_suid = has_option(field[5], "nosuid"),
                              .no_dev = has_option(field[5], "nodev"),
                              .point = field[4]};
    char *tag;
    while ((tag = strtok_r(NULL, " ", &words)) != NULL && strcmp(tag, "-") != 0) {
        seen.passes_on |= strncmp(tag, "shared:", 7) == 0;
    }
    seen.type = type_number(strtok_r(NULL, " ", &words));
    mounts_unescape(seen.point);
    add(list, &seen);
    return true;
}

static int read_by_text(struct mount_list *list, struct err *err)
{
    enum { MOUNTINFO_MOST = 64 << 20 };
    char *rest = NULL;
    list->count = 0;
    if (fs_read_path("/proc/self/mountinfo", MOUNTINFO_MOST, &list->text, err) < 0) {
        return -1;
    }
    for (char *line = strtok_r(list->text.bytes, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (!add_by_line(list, line)) {
            return err_set(err, ERR_HOST, "a line of /proc/self/mountinfo cannot be read");
        }
    }
    return 0;
}

int mount_list_read(struct mount_list *list, struct err *err)
{
    return read_by_calls(list) ? 0 : read_by_text(list, err);
}

/* What the C library makes of older calls, where an outer sandbox hides statx(2), tells no number; the descriptor's own
 * file in proc does. Before 5.14 that file is root's, as we cannot be dumped. */
static uint64_t number_by_descriptor(const char *path)
{
    auto_release(buf) struct buf text = {0};
    struct err ignored = {0};
    auto_fd int fd = open(path, O_PATH | O_CLOEXEC);
    auto_free char *info = xasprintf("/proc/self/fdinfo/%d", fd);
    if (fd < 0 || fs_read_path(info, 4096, &text, &ignored) < 0) {
        return 0;
    }
    const char *line = strstr(buf_text(&text), "mnt_id:");
    return line != NULL ? strtoull(line + 7, NULL, 10) : 0;
}

const struct mount_seen *mount_list_find(const struct mount_list *list, uint64_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].id == id) {
            return &list->item[i];
        }
    }
    return NULL;
}

static const struct mount_seen *find_by_number(const struct mount_list *list, uint64_t number)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i].number == number) {
            return &list->item[i];
        }
    }
    return NULL;
}

static const struct mount_seen *lying_on(const struct mount_list *list, const struct mount_seen *seen,
                                         const char *point)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct mount_seen *other = &list->item[i];
        if (other != seen && other->parent == seen->id && strcmp(other->point, point) == 0) {
            return other;
        }
    }
    return NULL;
}

/* What is reached at the place: the mount that lies on this one there, what lies on that, and so on. */
static const struct mount_seen *top_at(const struct mount_list *list, const struct mount_seen *seen, const char *point)
{
    for (size_t height = 0; height < list->count; height++) {
        const struct mount_seen *other = lying_on(list, seen, point);
        if (other == NULL) {
            break;
        }
        seen = other;
    }
    return seen;
}

static const struct mount_seen *lowest(const struct mount_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->item[i].point, "/") == 0 && mount_list_find(list, list->item[i].parent) == NULL) {
            return &list->item[i];
        }
    }
    return NULL;
}

const struct mount_seen *mount_list_walk(const struct mount_list *list, const char *path)
{
    const struct mount_seen *seen = lowest(list);
    if (seen == NULL) {
        return NULL;
    }
    seen = top_at(list, seen, "/");
    auto_free char *prefix = xstrdup(path);
    for (size_t i = 1; path[i - 1] != '\0' && path[i] != '\0'; i++) {
        if (path[i + 1] == '/' || path[i + 1] == '\0') {
            prefix[i + 1] = '\0';
            seen = top_at(list, seen, prefix);
            prefix[i + 1] = path[i + 1];
        }
    }
    return strcmp(seen->point, path) == 0 ? seen : NULL;
}

/* Before 5.8, where statx(2) does not tell the number. */
static const struct mount_seen *find_by_path(const struct mount_list *list, const char *path)
{
    auto_free char *real = list->from_calls ? NULL : realpath(path, NULL);
    return real != NULL ? mount_list_walk(list, real) : find_by_number(list, number_by_descriptor(path));
}

const struct mount_seen *mount_list_at(const struct mount_list *list, const char *path)
{
    struct statx st;
    unsigned which = list->from_calls ? (unsigned)UNIQUE_ID : STATX_MNT_ID;
    if (statx(AT_FDCWD, path, 0, which, &st) < 0) {
        return NULL;
    }
    /* Since 5.8: whether something is mounted at this very place. */
    if ((st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 && (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) {
        return NULL;
    }
    return (st.stx_mask & which) != 0 ? mount_list_find(list, st.stx_mnt_id) : find_by_path(list, path);
}

const char *mount_list_point(const struct mount_seen *seen)
{
    static struct answer answer;
    if (seen->point != NULL) {
        return seen->point;
    }
    return ask_about(seen->id, ASK_POINT, &answer) && answer.point_text < sizeof(answer.text)
               ? answer.text + answer.point_text
               : "?";
}
