/* SPDX-License-Identifier: BSD-2-Clause
 * roots: who uses a tree of the store: locks, and reading the files under roots/. Making one is in root_file.c. */
#include "env/roots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/root_file.h"
#include "env/sharing.h"

bool roots_lock(int meta_fd)
{
    if (sharing_is_network(meta_fd)) {
        return true;
    }
    return flock(meta_fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

bool roots_lock_for_removal(int meta_fd)
{
    if (sharing_is_network(meta_fd)) {
        return true;
    }
    return flock(meta_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* The files of one host: calls `each` for every one that can be read. */
struct host_folder {
    int fd;
    const char *host;
    const struct root_identity *ours;
    time_t now;
};

static bool is_stale(const struct host_folder *folder, const char *file, const struct root_name *name)
{
    struct stat st;
    enum root_life life = root_name_life(name, folder->host, folder->ours);
    if (life != ROOT_NOT_KNOWN) {
        return life == ROOT_DEAD;
    }
    return fstatat(folder->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && folder->now - st.st_mtime > ROOTS_LEASE_S;
}

typedef void (*root_visit)(void *context, const struct host_folder *folder, const char *file,
                           const struct root_name *name, bool stale);

static void visit_host(const struct host_folder *folder, root_visit visit, void *context)
{
    auto_release(strlist) struct strlist files = {0};
    struct err ignored = {0}; /* what cannot be listed went away meanwhile */
    if (fs_list(folder->fd, ".", &files, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < files.count; i++) {
        struct root_name name;
        if (root_name_parse(files.item[i], &name)) {
            visit(context, folder, files.item[i], &name, is_stale(folder, files.item[i], &name));
        }
    }
}

static void visit_all(int store_fd, time_t now, root_visit visit, void *context)
{
    auto_release(strlist) struct strlist hosts = {0};
    struct root_identity ours;
    struct err ignored = {0};
    root_identity_read(&ours);
    if (fs_list(store_fd, "roots", &hosts, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < hosts.count; i++) {
        auto_free char *path = xasprintf("roots/%s", hosts.item[i]);
        auto_fd int fd = openat(store_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct host_folder folder = {.fd = fd, .host = hosts.item[i], .ours = &ours, .now = now};
        if (fd >= 0) {
            visit_host(&folder, visit, context);
        }
    }
}

struct search {
    const struct digest *artifact;
    struct strlist *users;
    bool found;
};

static void note_user(void *context, const struct host_folder *folder, const char *file, const struct root_name *name,
                      bool stale)
{
    struct search *search = context;
    (void)file;
    if (!stale && digest_equal(&name->artifact, search->artifact)) {
        search->found = true;
        if (search->users != NULL) {
            strlist_addf(search->users, "process %llu on %s", (unsigned long long)name->pid, folder->host);
        }
    }
}

bool roots_in_use(int store_fd, const struct digest *artifact, time_t now, struct strlist *users)
{
    struct search search = {.artifact = artifact, .users = users};
    visit_all(store_fd, now, note_user, &search);
    return search.found;
}

static void remove_if_stale(void *context, const struct host_folder *folder, const char *file,
                            const struct root_name *name, bool stale)
{
    size_t *removed = context;
    (void)name;
    if (stale && unlinkat(folder->fd, file, 0) == 0) {
        (*removed)++;
    }
}

size_t roots_remove_stale(int store_fd, time_t now)
{
    size_t removed = 0;
    visit_all(store_fd, now, remove_if_stale, &removed);
    return removed;
}
