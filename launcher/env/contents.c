/* SPDX-License-Identifier: BSD-2-Clause
 * contents: what lies in one store. */
#include "env/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strlist.h"

static const char *const folders[] = {[CONTENT_TREE] = "trees", [CONTENT_BLOB] = "blobs/sha256"};

/* What has no meta file, or none that is whole, is as old as its folder. */
static bool read_tree(int trees, const char *name, struct content *content)
{
    struct stat st;
    struct err ignored = {0};
    struct store_tree tree = {.fd = -1};
    auto_free char *meta = xasprintf("%s/meta", name);
    if (fstatat(trees, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode)) {
        return false;
    }
    content->used = st.st_mtime;
    if (fstatat(trees, meta, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        content->used = st.st_mtime;
    }
    content->complete = store_read_tree(trees, &content->digest, &tree, &ignored) == 1;
    content->entries = tree.entries;
    content->bytes = tree.bytes;
    store_tree_release(&tree);
    return true;
}

static bool read_blob(int blobs, const char *name, struct content *content)
{
    struct stat st;
    if (fstatat(blobs, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    content->complete = true;
    content->bytes = (uint64_t)st.st_size;
    content->used = st.st_mtime;
    return true;
}

static int read_kind(const struct store *store, enum content_kind kind, struct contents *contents, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    auto_fd int fd = openat(store->fd, folders[kind], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return 0;
    }
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s/%s'", store->path, folders[kind]);
    }
    if (fs_list(fd, ".", &names, err) < 0) {
        return err_wrap(err, "the store '%s'", store->path);
    }
    contents->item = xreallocarray(contents->item, contents->count + names.count + 1, sizeof(*contents->item));
    for (size_t i = 0; i < names.count; i++) {
        struct content content = {.kind = kind};
        if (digest_from_hex(names.item[i], &content.digest) &&
            (kind == CONTENT_TREE ? read_tree : read_blob)(fd, names.item[i], &content)) {
            contents->item[contents->count++] = content;
        }
    }
    return 0;
}

/* By kind and digest where the times are equal: the same order each time. */
static int compare(const void *a, const void *b)
{
    const struct content *first = a;
    const struct content *second = b;
    char first_hex[DIGEST_HEX + 1];
    char second_hex[DIGEST_HEX + 1];
    if (first->used != second->used) {
        return first->used < second->used ? -1 : 1;
    }
    if (first->kind != second->kind) {
        return first->kind < second->kind ? -1 : 1;
    }
    digest_to_hex(&first->digest, first_hex);
    digest_to_hex(&second->digest, second_hex);
    return strcmp(first_hex, second_hex);
}

int contents_read(const struct store *store, struct contents *ret_contents, struct err *err)
{
    struct contents contents = {0};
    if (store->fd >= 0 &&
        (read_kind(store, CONTENT_TREE, &contents, err) < 0 || read_kind(store, CONTENT_BLOB, &contents, err) < 0)) {
        contents_release(&contents);
        return -1;
    }
    if (contents.count > 0) {
        qsort(contents.item, contents.count, sizeof(*contents.item), compare);
    }
    *ret_contents = contents;
    return 0;
}

void contents_release(struct contents *contents)
{
    free(contents->item);
    *contents = (struct contents){0};
}

char *content_path(const struct content *content)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&content->digest, hex);
    return xasprintf("%s/%s", folders[content->kind], hex);
}
