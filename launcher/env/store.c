/* SPDX-License-Identifier: BSD-2-Clause
 * store: where artifacts and unpacked trees live: which folders these are, and opening them. What is found in them is
 * in store_find.c, the meta file in meta.c. */
#include "env/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/sharing.h"

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

char *store_default_path(void)
{
    const char *data = setting("XDG_DATA_HOME");
    if (data != NULL && data[0] == '/') { /* the specification of XDG base directories ignores relative ones */
        return xasprintf("%s/sciwrap/store", data);
    }
    const char *home = setting("HOME");
    return home != NULL ? xasprintf("%s/.local/share/sciwrap/store", home) : NULL;
}

static char *store_path(struct err *err)
{
    const char *given = setting("SCIWRAP_STORE");
    auto_free char *path = given != NULL ? xstrdup(given) : store_default_path();
    if (path == NULL) {
        err_set(err, ERR_HOST, "no place for the store: set SCIWRAP_STORE or HOME");
        return NULL;
    }
    return absolute(path, err);
}

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int make_folders(int fd, const char *path, struct err *err)
{
    static const char *const folders[] = {"blobs", "blobs/sha256", "trees", "tmp", "locks", "roots", "verified"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdirat(fd, folders[i], 0700) < 0 && errno != EEXIST) {
            return err_set_errno(err, ERR_SYSTEM, errno, "create '%s' in the store '%s'", folders[i], path);
        }
    }
    return 0;
}

/* ---- the store of this machine, for trees only */

/* Where it is: NULL when trees are unpacked in the user's store. */
static char *node_path(const struct store *store)
{
    const char *given = setting("SCIWRAP_NODE_STORE");
    if (given != NULL) {
        return given[0] == '/' ? xstrdup(given) : NULL;
    }
    if (store->fd < 0 || !sharing_is_network(store->fd)) {
        return NULL;
    }
    const char *tmp = setting("TMPDIR");
    return xasprintf("%s/sciwrap-%u", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", (unsigned)geteuid());
}

/* Only root and we may be able to put another folder in the place of ours. */
static bool is_safe_parent(int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || (st.st_uid != 0 && st.st_uid != geteuid())) {
        return false;
    }
    return (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (st.st_mode & S_ISVTX) != 0;
}

/* The folder itself must be ours and closed to others: /tmp belongs to everybody, and whoever was there first could
 * have put a tree of his own into it. */
static int open_node(const char *path, bool create, const char **ret_why)
{
    struct stat st;
    auto_free char *parent = xstrndup(path, (size_t)(path_base(path) - path));
    auto_fd int above = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *ret_why = "the folder above it does not exist";
    if (above < 0) {
        return -1;
    }
    *ret_why = "others can write in the folder above it";
    if (!is_safe_parent(above)) {
        return -1;
    }
    *ret_why = "it cannot be created";
    if (create && mkdirat(above, path_base(path), 0700) < 0 && errno != EEXIST) {
        return -1;
    }
    auto_fd int fd = openat(above, path_base(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *ret_why = errno == ENOENT ? NULL : "it is no folder of yours";
    if (fd < 0 || fstat(fd, &st) < 0) {
        return -1;
    }
    *ret_why = "it is not yours alone";
    return st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? steal_fd(&fd) : -1;
}

/* Without it trees lie in the user's store, which is slower and as good. */
static void add_node(struct store *store, bool create)
{
    struct err err = {0};
    const char *why = NULL;
    auto_free char *path = node_path(store);
    if (path == NULL) {
        return;
    }
    for (size_t end = strlen(path); end > 1 && path[end - 1] == '/';) {
        path[--end] = '\0';
    }
    auto_fd int fd = open_node(path, create, &why);
    if (fd >= 0 && create && make_folders(fd, path, &err) < 0) {
        log_warn("%s", err.text);
    } else if (fd >= 0) {
        store->node = xcalloc(1, sizeof(*store->node));
        *store->node = (struct store){.fd = steal_fd(&fd), .path = steal_ptr(&path)};
    } else if (why != NULL) {
        log_warn("'%s' is not used for unpacked trees: %s; SCIWRAP_NODE_STORE can name another folder", path, why);
    }
}

const struct store *store_for_trees(const struct store *store)
{
    return store->node != NULL ? store->node : store;
}

/* ---- the user's */

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
    add_node(store, false);
    return 0;
}

int store_open_writable(struct store *store, struct err *err)
{
    auto_free char *path = store_path(err);
    if (path == NULL || fs_make_dirs(path, 0700, err) < 0) {
        return -1;
    }
    auto_fd int fd = open_folder(path);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the store '%s'", path);
    }
    if (make_folders(fd, path, err) < 0) {
        return -1;
    }
    *store = (struct store){.fd = steal_fd(&fd), .path = steal_ptr(&path)};
    add_node(store, true);
    return 0;
}

bool store_open_site(struct store *store)
{
    const char *site = setting("SCIWRAP_SITE_STORE");
    int fd = site != NULL && site[0] == '/' ? open_folder(site) : -1;
    if (fd < 0) {
        return false;
    }
    *store = (struct store){.fd = fd, .path = xstrdup(site)};
    return true;
}

void store_close(struct store *store)
{
    if (store->path != NULL && store->fd >= 0) {
        close(store->fd);
    }
    if (store->node != NULL) {
        store_close(store->node);
        free(store->node);
    }
    free(store->path);
    *store = (struct store){.fd = -1};
}
