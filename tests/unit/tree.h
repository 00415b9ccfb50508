/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tree: a small unpacked tree in a store of the test's own, with its index and the note of the last check.
 */
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "env/checked.h"
#include "env/index.h"
#include "env/store.h"
#include "unit.h"

struct tree_row {
    const char *path; /* in the order of the index */
    char type;
    const char *content; /* or target */
    unsigned mode;       /* of a file */
};

struct unit_tree {
    struct unit_folder folder;
    int fd;     /* trees/HEX */
    int rootfs; /* in it */
    struct store_tree tree;
    struct buf index;
};

static inline void tree_write(int rootfs, const char *path, const char *content, unsigned mode)
{
    int fd = openat(rootfs, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static inline void tree_make_entry(struct unit_tree *tree, const struct tree_row *row)
{
    char path[256];
    char target[256];
    snprintf(path, sizeof(path), "%s", row->path);
    snprintf(target, sizeof(target), "%s", row->content != NULL ? row->content : "");
    struct index_entry entry = {.path = path, .type = row->type, .mode = 0755};
    if (row->type == 'f') {
        tree_write(tree->rootfs, path, row->content, row->mode);
        entry.mode = row->mode;
        entry.size = strlen(row->content);
        digest_bytes(row->content, strlen(row->content), &entry.digest);
    } else if (row->type == 'l') {
        ck_assert_int_eq(symlinkat(row->content, tree->rootfs, path), 0);
        entry.mode = 0777;
        entry.target = target;
    } else if (strcmp(path, ".") != 0) {
        ck_assert_int_eq(mkdirat(tree->rootfs, path, 0755), 0);
    }
    index_format(&tree->index, &entry);
}

/* The state of all entries as they are now, as the unpacker notes it. */
static inline void tree_note(struct unit_tree *tree, const struct tree_row *row, size_t rows)
{
    struct checked_record *record = xcalloc(rows, sizeof(*record));
    struct buf bytes = {0};
    struct stat st;
    for (size_t i = 0; i < rows; i++) {
        size_t line;
        size_t length;
        struct err err = {0};
        ck_assert_int_eq(fstatat(tree->rootfs, row[i].path, &st, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert_int_eq(index_find_line(buf_text(&tree->index), tree->index.length, row[i].path, &line, &length, &err),
                         1);
        record[i] = (struct checked_record){.stamp = checked_stamp_of(&st), .line = line};
    }
    ck_assert_int_eq(fstatat(tree->fd, "index", &st, 0), 0);
    struct checked_stamp index = checked_stamp_of(&st);
    checked_sort(record, rows);
    checked_format(&bytes, &tree->tree.tree, &index, record, rows);
    struct err err = {0};
    ck_assert_int_eq(fs_write_atomic(tree->fd, "checked", 0644, bytes.bytes, bytes.length, &err), 0);
    buf_release(&bytes);
    free(record);
}

static inline void tree_begin(struct unit_tree *tree, const struct tree_row *row, size_t rows)
{
    char path[300];
    struct err err = {0};
    *tree = (struct unit_tree){0};
    unit_folder_begin(&tree->folder);
    snprintf(path, sizeof(path), "%s/store", tree->folder.path);
    setenv("SCIWRAP_STORE", path, 1);
    unsetenv("SCIWRAP_SITE_STORE");
    snprintf(path, sizeof(path), "%s/tree/rootfs", tree->folder.path);
    umask(022);
    ck_assert_int_eq(fs_make_dirs(path, 0755, &err), 0);
    tree->fd = openat(tree->folder.fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree->rootfs = openat(tree->fd, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < rows; i++) {
        tree_make_entry(tree, &row[i]);
    }
    tree->tree = (struct store_tree){.fd = tree->fd, .rootfs = xstrdup(path), .entries = rows};
    digest_bytes(buf_text(&tree->index), tree->index.length, &tree->tree.tree);
    digest_bytes("artifact", 8, &tree->tree.artifact);
    ck_assert_int_eq(fs_write_atomic(tree->fd, "index", 0644, tree->index.bytes, tree->index.length, &err), 0);
}

static inline void tree_end(struct unit_tree *tree)
{
    close(tree->rootfs);
    buf_release(&tree->index);
    store_tree_release(&tree->tree); /* closes fd */
    unit_folder_end(&tree->folder);
}

/* Until a change of `path` from now on is sure to get another change time. */
static inline void tree_settle(const struct unit_tree *tree, const char *path)
{
    struct timespec now;
    struct stat st;
    struct checked_stamp stamp;
    do {
        ck_assert_int_eq(fstatat(tree->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
        stamp = checked_stamp_of(&st);
        clock_gettime(CLOCK_REALTIME, &now);
    } while (!checked_stamp_is_settled(&stamp, &now));
}
