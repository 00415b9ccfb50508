/* SPDX-License-Identifier: BSD-2-Clause
 * verify_entry: one entry of a root file system against its line in the tree index, by content. */
#include "env/verify_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"

enum { TARGET_MOST = 4096 };

struct comparison {
    const struct entry_tree *tree;
    const struct index_entry *entry;
    entry_report report;
    void *into;
};

static bool spoiled(const struct comparison *comparison, const char *why)
{
    comparison->report(comparison->into, comparison->entry->path, why);
    return false;
}

static bool is_unreadable(const struct comparison *comparison, int errnum)
{
    if (errnum == ENOENT || errnum == ENOTDIR) {
        return spoiled(comparison, "is missing");
    }
    auto_free char *why = xasprintf("cannot be read: %s", strerror(errnum));
    return spoiled(comparison, why);
}

static int open_entry(const struct entry_tree *tree, const char *path, int flags)
{
    if (strcmp(path, ".") == 0) {
        return openat(tree->rootfs, ".", flags | O_DIRECTORY | O_CLOEXEC);
    }
    return fs_open_beneath(tree->rootfs, path, flags, 0);
}

int entry_open(const struct entry_tree *tree, const char *path)
{
    return open_entry(tree, path, O_PATH);
}

static const char *type_name(char type)
{
    return type == 'f' ? "a file" : type == 'd' ? "a directory" : type == 'l' ? "a link" : "neither file nor link";
}

static char type_of(mode_t mode)
{
    return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : '?';
}

/* Of a link the mode means nothing, and set-group-ID comes to directories from the store's own folder. */
static bool has_type_and_mode(const struct comparison *comparison, const struct stat *st)
{
    enum { COMPARED = 01777 };
    const struct index_entry *entry = comparison->entry;
    char type = type_of(st->st_mode);
    if (type != entry->type) {
        auto_free char *why = xasprintf("is %s in the place of %s", type_name(type), type_name(entry->type));
        return spoiled(comparison, why);
    }
    if (type != 'l' && (st->st_mode & COMPARED) != (entry->mode & COMPARED)) {
        auto_free char *why =
            xasprintf("has mode %04o instead of %04o", st->st_mode & COMPARED, entry->mode & COMPARED);
        return spoiled(comparison, why);
    }
    return true;
}

static bool is_state(const struct stat *st, int fd)
{
    struct stat now;
    if (fstat(fd, &now) < 0 || now.st_dev != st->st_dev) {
        return false;
    }
    struct checked_stamp then_stamp = checked_stamp_of(st);
    struct checked_stamp now_stamp = checked_stamp_of(&now);
    return checked_stamp_equal(&then_stamp, &now_stamp);
}

static bool has_content(const struct comparison *comparison, const struct stat *st)
{
    const struct index_entry *entry = comparison->entry;
    struct digest digest;
    uint64_t size;
    struct err err = {0};
    if ((uint64_t)st->st_size != entry->size) {
        return spoiled(comparison, "has another size");
    }
    /* O_NONBLOCK: what became a FIFO since the look at it must not hold us. */
    auto_fd int fd = open_entry(comparison->tree, entry->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return is_unreadable(comparison, errno);
    }
    if (!is_state(st, fd)) {
        return spoiled(comparison, "changed while it was read");
    }
    if (digest_fd(fd, entry->path, &digest, &size, &err) < 0) {
        return is_unreadable(comparison, err.saved_errno);
    }
    return size == entry->size && digest_equal(&digest, &entry->digest) ? true
                                                                        : spoiled(comparison, "has other content");
}

static bool has_target(const struct comparison *comparison, int fd)
{
    char target[TARGET_MOST];
    ssize_t length = readlinkat(fd, "", target, sizeof(target) - 1);
    if (length < 0) {
        return is_unreadable(comparison, errno);
    }
    target[length] = '\0';
    if (strcmp(target, comparison->entry->target) == 0) {
        return true;
    }
    auto_free char *why = xasprintf("leads to '%s' instead of '%s'", target, comparison->entry->target);
    return spoiled(comparison, why);
}

static void report_child(const struct comparison *comparison, const char *name, const char *why)
{
    const char *path = comparison->entry->path;
    auto_free char *child = strcmp(path, ".") == 0 ? xstrdup(name) : xasprintf("%s/%s", path, name);
    comparison->report(comparison->into, child, why);
}

/* Both lists are sorted by bytes. */
static bool has_same_names(const struct comparison *comparison, const struct strlist *is, const struct strlist *should)
{
    bool same = true;
    size_t i = 0;
    size_t j = 0;
    while (i < is->count || j < should->count) {
        int order = i == is->count ? 1 : j == should->count ? -1 : strcmp(is->item[i], should->item[j]);
        if (order < 0) {
            report_child(comparison, is->item[i], "does not belong to the environment");
        } else if (order > 0) {
            report_child(comparison, should->item[j], "is missing");
        }
        same = same && order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return same;
}

static bool has_names(const struct comparison *comparison)
{
    const struct entry_tree *tree = comparison->tree;
    const char *path = comparison->entry->path;
    struct strlist is = {0};
    struct strlist should = {0};
    struct err err = {0};
    bool same = false;
    auto_fd int fd = open_entry(tree, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0 || fs_list(fd, ".", &is, &err) < 0) {
        is_unreadable(comparison, fd < 0 ? errno : err.saved_errno);
    } else if (index_children(tree->text, tree->length, path, &should, &err) < 0) {
        spoiled(comparison, err.text);
    } else {
        same = has_same_names(comparison, &is, &should);
    }
    strlist_release(&should);
    strlist_release(&is);
    return same;
}

static bool compare(const struct comparison *comparison, int fd, const struct stat *st)
{
    if (!has_type_and_mode(comparison, st)) {
        return false;
    }
    switch (comparison->entry->type) {
    case 'f':
        return has_content(comparison, st);
    case 'l':
        return has_target(comparison, fd);
    default:
        return has_names(comparison);
    }
}

bool entry_is_same(const struct entry_tree *tree, const struct index_entry *entry, entry_report report, void *into,
                   struct checked_stamp *ret_stamp, bool *ret_settled)
{
    struct comparison comparison = {.tree = tree, .entry = entry, .report = report, .into = into};
    struct stat st;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    auto_fd int fd = entry_open(tree, entry->path);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return is_unreadable(&comparison, errno);
    }
    if (!compare(&comparison, fd, &st)) {
        return false;
    }
    if (!is_state(&st, fd)) {
        return spoiled(&comparison, "changed while it was read");
    }
    *ret_stamp = checked_stamp_of(&st);
    *ret_settled = checked_stamp_is_settled(ret_stamp, &now);
    return true;
}
