/* SPDX-License-Identifier: BSD-2-Clause
 * store_find: the part of store.h about what is in the stores: finding a tree, holding it while it is used, and blobs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "env/roots.h"
#include "env/sharing.h"
#include "env/store.h"

/* Ten times a meta file: beyond it the file is wrong, not big. */
enum { META_BYTES = 8192 };

/* What a process has of a tree that nobody may remove. */
struct store_hold {
    int meta;          /* with its lock */
    struct root *root; /* NULL: the lock is enough */
};

static struct store_hold *hold_new(int meta)
{
    struct store_hold *hold = xcalloc(1, sizeof(*hold));
    hold->meta = meta;
    return hold;
}

static void hold_free(struct store_hold *hold)
{
    if (hold != NULL) {
        root_release(hold->root);
        close(hold->meta);
        free(hold);
    }
}

void store_tree_release(struct store_tree *tree)
{
    if (tree->hold != NULL && tree->fd >= 0) {
        close(tree->fd);
    }
    hold_free(tree->hold);
    free(tree->rootfs);
    *tree = (struct store_tree){.fd = -1};
}

/* Whether the tree is still where it was found. Opened anew: a network file system asks its server then. */
static bool is_still_there(int trees_fd, const char *hex, int meta_fd)
{
    struct stat ours;
    struct stat now;
    auto_free char *name = xasprintf("%s/meta", hex);
    auto_fd int fd = openat(trees_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && fstat(fd, &now) == 0 && fstat(meta_fd, &ours) == 0 && now.st_ino == ours.st_ino &&
           now.st_dev == ours.st_dev;
}

/* The open meta file of the tree, held. -1: not there, or about to be gone. */
static int hold_meta(int trees_fd, const char *hex, int tree_fd)
{
    /* Who has the lock against us looks whether the tree is in use, or is about to rename it: both take microseconds.
     */
    enum { WAITS = 500, STEP_NS = 1000000 };
    auto_fd int meta = openat(tree_fd, "meta", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    for (int i = 0; meta >= 0 && i < WAITS; i++) {
        if (roots_lock(meta)) {
            return is_still_there(trees_fd, hex, meta) ? steal_fd(&meta) : -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
    }
    return -1;
}

int store_read_tree(int trees_fd, const struct digest *artifact, struct store_tree *ret_tree, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(artifact, hex);
    auto_fd int fd = openat(trees_fd, hex, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "open the tree '%s' in the store", hex);
    }
    auto_release(buf) struct buf text = {0};
    struct err reason = {0};
    struct stat st;
    struct store_tree tree = {.fd = -1};
    auto_fd int meta = hold_meta(trees_fd, hex, fd);
    if (meta < 0 || fstat(meta, &st) < 0 || !S_ISREG(st.st_mode)) {
        return meta >= 0 || errno == ENOENT || errno == EWOULDBLOCK || errno == ELOOP
                   ? 0
                   : err_set_errno(err, ERR_SYSTEM, errno, "open the meta file of the tree '%s'", hex);
    }
    if (fs_read_fd(meta, "meta", META_BYTES, &text, &reason) < 0) {
        return reason.kind == ERR_INVALID ? 0 : err_set(err, reason.kind, "tree '%s': %s", hex, reason.text);
    }
    /* A meta that does not parse is a tree that does not exist: pull replaces it. */
    if (strlen(buf_text(&text)) != text.length || store_meta_parse(buf_text(&text), &tree, &reason) < 0 ||
        !digest_equal(&tree.artifact, artifact) || !store_meta_is_durable(buf_text(&text))) {
        return 0;
    }
    tree.hold = hold_new(steal_fd(&meta));
    tree.fd = steal_fd(&fd);
    *ret_tree = tree;
    return 1;
}

static int find_in(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree,
                   struct err *err)
{
    auto_fd int trees = openat(store->fd, "trees", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (trees < 0) {
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "open '%s/trees'", store->path);
    }
    int found = store_read_tree(trees, artifact, ret_tree, err);
    if (found == 1) {
        char hex[DIGEST_HEX + 1];
        digest_to_hex(artifact, hex);
        ret_tree->rootfs = xasprintf("%s/trees/%s/rootfs", store->path, hex);
    }
    return found;
}

/* A store beside the user's that cannot be read must not stop a user who has the tree himself. */
static bool find_beside(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree)
{
    struct err ignored = {0};
    return find_in(store, artifact, ret_tree, &ignored) == 1;
}

int store_find_tree(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree,
                    struct err *err)
{
    struct store site = {.fd = -1};
    bool found = store_open_site(&site) && find_beside(&site, artifact, ret_tree);
    store_close(&site);
    if (found) {
        ret_tree->site = true;
        return 1;
    }
    if (store->node != NULL && find_beside(store->node, artifact, ret_tree)) {
        ret_tree->node = true;
        return 1;
    }
    return store->fd < 0 ? 0 : find_in(store, artifact, ret_tree, err);
}

/* So that who cleans up knows what is of use. Once a day: a launch must cost nothing. Not in a store that is another's
 * or read-only. */
static void touch(int meta_fd)
{
    enum { DAY_S = 24 * 60 * 60 };
    struct stat st;
    if (fstat(meta_fd, &st) == 0 && (time(NULL) - st.st_mtime > DAY_S || st.st_mtime - time(NULL) > DAY_S) &&
        futimens(meta_fd, NULL) < 0) {
        log_debug("the store does not keep when its tree was used: %s", strerror(errno));
    }
}

int store_use_tree(const struct store *store, const struct digest *artifact, struct store_tree *ret_tree,
                   struct err *err)
{
    int found = store_find_tree(store, artifact, ret_tree, err);
    if (found != 1) {
        return found;
    }
    touch(ret_tree->hold->meta);
    if (ret_tree->site || ret_tree->node || !sharing_is_on(store->fd)) {
        return 1;
    }
    char hex[DIGEST_HEX + 1];
    digest_to_hex(artifact, hex);
    ret_tree->hold->root = root_register(store->fd, artifact);
    auto_fd int trees = openat(store->fd, "trees", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!is_still_there(trees, hex, ret_tree->hold->meta)) {
        store_tree_release(ret_tree);
        return 0;
    }
    return 1;
}

static int open_blob_in(const struct store *store, const char *hex)
{
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    return openat(store->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

int store_open_blob(const struct store *store, const struct digest *digest, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    struct store site = {.fd = -1};
    digest_to_hex(digest, hex);
    int fd = store_open_site(&site) ? open_blob_in(&site, hex) : -1;
    store_close(&site);
    if (fd >= 0) {
        return fd;
    }
    errno = ENOENT;
    if (store->fd >= 0) {
        fd = open_blob_in(store, hex);
    }
    if (fd < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "open '%s' in the store", hex);
    }
    touch(fd);
    return fd;
}
