/* SPDX-License-Identifier: BSD-2-Clause
 * inventory: what is in the work directory, before and after a run, and what changed between. */
#include "run/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "run/setup.h"

/* Every level of a walk holds a descriptor: what is deeper is not looked into, with a warning. */
enum { DEEPEST = 200 };

struct walk {
    struct inventory *inventory;
    const char *workdir;
    dev_t device;
};

static void add_entry(struct inventory *inventory, const char *path, const struct stat *st)
{
    if (inventory->count == inventory->capacity) {
        inventory->capacity = inventory->capacity < 64 ? 64 : inventory->capacity * 2;
        inventory->entry = xreallocarray(inventory->entry, inventory->capacity, sizeof(*inventory->entry));
    }
    inventory->entry[inventory->count++] = (struct inventory_entry){.path = xstrdup(path), .st = *st};
}

static int walk_directory(struct walk *walk, int parent, const char *name, const char *prefix, int depth,
                          struct err *err);

static int walk_entry(struct walk *walk, int fd, const char *name, const char *prefix, int depth, struct err *err)
{
    struct stat st;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        /* Gone meanwhile: others may work in the same directory. */
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "look at '%s%s'", prefix, name);
    }
    auto_free char *path = xasprintf("%s%s", prefix, name);
    if (S_ISDIR(st.st_mode) && strcmp(name, SETUP_RECORDS) == 0) {
        strlist_addf(&walk->inventory->records, "%s/%s", walk->workdir, path);
        return 0;
    }
    add_entry(walk->inventory, path, &st);
    if (!S_ISDIR(st.st_mode) || st.st_dev != walk->device) {
        return 0;
    }
    auto_free char *deeper = xasprintf("%s/", path);
    return walk_directory(walk, fd, name, deeper, depth + 1, err);
}

static int walk_directory(struct walk *walk, int parent, const char *name, const char *prefix, int depth,
                          struct err *err)
{
    if (depth > DEEPEST) {
        log_warn("'%s' is deeper than %d folders and is not looked into for outputs", prefix, DEEPEST);
        return 0;
    }
    auto_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && depth > 0 && (errno == EACCES || errno == ENOENT || errno == ELOOP || errno == ENOTDIR)) {
        return 0; /* what the caller cannot read the command could not either: it runs with the same rights */
    }
    auto_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read the work directory '%s'", depth > 0 ? prefix : name);
    }
    int here = steal_fd(&fd);
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            walk_entry(walk, here, entry->d_name, prefix, depth, err) < 0) {
            return -1;
        }
    }
    return errno == 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "read the work directory '%s'", prefix);
}

static int compare_entries(const void *a, const void *b)
{
    const struct inventory_entry *first = a;
    const struct inventory_entry *second = b;
    return strcmp(first->path, second->path);
}

int inventory_take(struct inventory *inventory, const char *workdir, struct err *err)
{
    struct stat st;
    if (stat(workdir, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "look at the work directory '%s'", workdir);
    }
    struct walk walk = {.inventory = inventory, .workdir = workdir, .device = st.st_dev};
    if (walk_directory(&walk, AT_FDCWD, workdir, "", 0, err) < 0) {
        return -1;
    }
    if (inventory->count > 1) {
        qsort(inventory->entry, inventory->count, sizeof(*inventory->entry), compare_entries);
    }
    return 0;
}

void inventory_release(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        free(inventory->entry[i].path);
    }
    free(inventory->entry);
    strlist_release(&inventory->records);
    *inventory = (struct inventory){0};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The change time cannot be set by a program, so a file that was rewritten and given its old times back is seen too. A
 * directory's times only tell that its entries changed, and they speak for themselves. */
static enum file_change compare_stat(const struct stat *a, const struct stat *b)
{
    bool same_kind = (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT);
    if (!same_kind) {
        return FILE_MODIFIED;
    }
    bool same_mode = a->st_mode == b->st_mode;
    if (S_ISDIR(a->st_mode)) {
        return same_mode ? FILE_UNCHANGED : FILE_MODE;
    }
    bool same_content = a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
                        same_time(a->st_mtim, b->st_mtim);
    if (same_content && !same_mode) {
        return FILE_MODE;
    }
    return same_content && same_time(a->st_ctim, b->st_ctim) ? FILE_UNCHANGED : FILE_MODIFIED;
}

static enum file_type type_of(mode_t mode)
{
    if (S_ISREG(mode)) {
        return FILE_REGULAR;
    }
    if (S_ISDIR(mode)) {
        return FILE_DIRECTORY;
    }
    return S_ISLNK(mode) ? FILE_LINK : FILE_OTHER;
}

static void read_target(struct file_item *item, const char *path)
{
    char target[4096];
    ssize_t length = readlink(path, target, sizeof(target));
    if (length >= 0) {
        item->target = xstrndup(target, (size_t)length);
    }
}

static void add_change(const struct inventory_entry *entry, enum file_change change, const char *workdir,
                       struct file_list *ret_changes)
{
    struct file_item *item = file_list_add(ret_changes, entry->path);
    auto_free char *path = xasprintf("%s/%s", workdir, entry->path);
    item->type = type_of(entry->st.st_mode);
    item->mode = entry->st.st_mode & 07777;
    item->change = change;
    if (change == FILE_DELETED) {
        return;
    }
    struct err unread = {0};
    if (item->type == FILE_LINK) {
        read_target(item, path);
    } else if (item->type == FILE_REGULAR && file_item_read(item, path, 0, &unread) < 0) {
        log_warn("no digest of the output '%s': %s", entry->path, unread.text);
    }
}

void inventory_changes(const struct inventory *before, const struct inventory *after, const char *workdir,
                       struct file_list *ret_changes)
{
    size_t i = 0;
    size_t k = 0;
    while (i < before->count || k < after->count) {
        int order = i == before->count  ? 1
                    : k == after->count ? -1
                                        : strcmp(before->entry[i].path, after->entry[k].path);
        if (order < 0) {
            add_change(&before->entry[i++], FILE_DELETED, workdir, ret_changes);
        } else if (order > 0) {
            add_change(&after->entry[k++], FILE_CREATED, workdir, ret_changes);
        } else {
            enum file_change change = compare_stat(&before->entry[i].st, &after->entry[k].st);
            if (change != FILE_UNCHANGED) {
                add_change(&after->entry[k], change, workdir, ret_changes);
            }
            i++;
            k++;
        }
    }
}
