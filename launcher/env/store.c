/* SPDX-License-Identifier: BSD-2-Clause
 * store: where artifacts and unpacked trees live: opening it and finding what is there. The meta file is in meta.c. */
#include "env/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

/* Ten times a meta file: beyond it the file is wrong, not big. */
enum { META_BYTES = 8192 };

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static char *absolute(const char *path, struct err *err)
{
    if (path[0] == '/') {
        return xstrdup(path);
    }
    auto_free char *here = fs_current_dir();
    if (here == NULL) {
        err_set_errno(err, ERR_SYSTEM, errno, "find the current directory for the store '%s'", path);
        return NULL;
    }
    return xasprintf("%s/%s", here, path);
}

static char *store_path(struct err *err)
{
    const char *given = setting("SCIWRAP_STORE");
    if (given != NULL) {
        return absolute(given, err);
    }
    const char *data = setting("XDG_DATA_HOME");
    if (data != NULL && data[0] == '/') { /* the specification of XDG base directories ignores relative ones */
        return xasprintf("%s/sciwrap/store", data);
    }
    const char *home = setting("HOME");
    if (home == NULL) {
        err_set(err, ERR_HOST, "no place for the store: set SCIWRAP_STORE or HOME");
        return NULL;
    }
    auto_free char *path = xasprintf("%s/.local/share/sciwrap/store", home);
    return absolute(path, err);
}

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int store_open(struct store *store, struct err *err)
{
    auto_free char *path = store_path(err);
    if (path == NULL) {
        return -1;
    }
    int fd = open_folder(path);
    if (fd < 0 && errno != ENOENT) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the store '%s'", path);
    }
    *store = (struct store){.fd = fd, .path = steal_ptr(&path)};
    return 0;
}

int store_open_writable(struct store *store, struct err *err)
{
    static const char *const folders[] = {"blobs", "blobs/sha256", "trees", "tmp", "locks", "roots", "verified"};
    auto_free char *path = store_path(err);
    if (path == NULL || fs_make_dirs(path, 0700, err) < 0) {
        return -1;
    }
    auto_fd int fd = open_folder(path);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the store '%s'", path);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdirat(fd, folders[i], 0700) < 0 && errno != EEXIST) {
            return err_set_errno(err, ERR_SYSTEM, errno, "create '%s' in the store '%s'", folders[i], path);
        }
    }
    *store = (struct store){.fd = steal_fd(&fd), .path = steal_ptr(&path)};
    return 0;
}

void store_close(struct store *store)
{
    if (store->path != NULL && store->fd >= 0) {
        close(store->fd);
    }
    free(store->path);
    *store = (struct store){.fd = -1};
}

void store_tree_release(struct store_tree *tree)
{
    if (tree->rootfs != NULL && tree->fd >= 0) {
        close(tree->fd);
    }
    free(tree->rootfs);
    *tree = (struct store_tree){.fd = -1};
}

int store_read_tree(int trees_fd, const struct digest *artifact, struct store_tree *ret_tree, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(artifact, hex);
    auto_fd int fd = openat(trees_fd, hex, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "open the tree '%s' in the store", hex);
    }
    auto_release(buf) struct buf meta = {0};
    struct err reason = {0};
    struct store_tree tree = {.fd = -1};
    if (fs_read_at(fd, "meta", META_BYTES, &meta, &reason) < 0) {
        bool absent = reason.kind == ERR_NOT_FOUND || reason.kind == ERR_INVALID;
        return absent ? 0 : err_set(err, reason.kind, "tree '%s': %s", hex, reason.text);
    }
    /* A meta that does not parse is a tree that does not exist: pull replaces it. */
    if (strlen(buf_text(&meta)) != meta.length || store_meta_parse(buf_text(&meta), &tree, &reason) < 0 ||
        !digest_equal(&tree.artifact, artifact) || !store_meta_is_durable(buf_text(&meta))) {
        return 0;
    }
    tree.fd = steal_fd(&fd);
    *ret_tree = tree;
    return 1;
}

static int find_in(int store_fd, const char *path, const struct digest *artifact, struct store_tree *ret_tree,
                   struct err *err)
{
    auto_fd int trees = openat(store_fd, "trees", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (trees < 0) {
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "open '%s/trees'", path);
    }
    int found = store_read_tree(trees, artifact, ret_tree, err);
    if (found == 1) {
        char hex[DIGEST_HEX + 1];
        digest_to_hex(artifact, hex);
        ret_tree->rootfs = xasprintf("%s/trees/%s/rootfs", path, hex);
    }
    return found;
}

int store_find_tree(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree,
                    struct err *err)
{
    const char *site = setting("SCIWRAP_SITE_STORE");
    if (site != NULL && site[0] == '/') {
        auto_fd int fd = open_folder(site);
        struct err ignored = {0}; /* a site's store that cannot be read must not stop a user who has the tree himself */
        if (fd >= 0 && find_in(fd, site, artifact, ret_tree, &ignored) == 1) {
            ret_tree->site = true;
            return 1;
        }
    }
    return store->fd < 0 ? 0 : find_in(store->fd, store->path, artifact, ret_tree, err);
}

static int open_blob_in(int store_fd, const char *hex)
{
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    return openat(store_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int store_open_blob(const struct store *store, const struct digest *digest, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    const char *site = setting("SCIWRAP_SITE_STORE");
    if (site != NULL && site[0] == '/') {
        auto_fd int folder = open_folder(site);
        int fd = folder >= 0 ? open_blob_in(folder, hex) : -1;
        if (fd >= 0) {
            return fd;
        }
    }
    int fd = -1;
    errno = ENOENT;
    if (store->fd >= 0) {
        fd = open_blob_in(store->fd, hex);
    }
    if (fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s' in the store", hex);
    }
    return fd;
}
