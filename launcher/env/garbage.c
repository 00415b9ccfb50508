/* SPDX-License-Identifier: BSD-2-Clause
 * garbage: what killed processes left under tmp/ of a store. */
#include "env/garbage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "env/discard.h"
#include "env/sharing.h"
#include "env/stage_name.h"
#include "env/usage.h"

enum { DAY_S = 24 * 60 * 60, WEEK_S = 7 * DAY_S };

/* The change time too: a tree that was moved here yesterday may have been written a year ago. */
static bool is_older(const struct store *store, int tmp_fd, const char *name, time_t seconds)
{
    struct stat st;
    time_t now = discard_now(store);
    return fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && now - st.st_mtime > seconds &&
           now - st.st_ctime > seconds;
}

static bool is_taken(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* Whether nobody works in the stage `name`. On a disk of our own a free lock says so, except in the moment before its
 * maker takes it. Where others come too, locks may be absent or lie, and only this machine's processes are known. Where
 * nothing is known age decides: nothing takes a day. */
static bool is_abandoned(const struct store *store, int tmp_fd, const char *name)
{
    enum stage_life life = stage_name_life(name);
    auto_fd int fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (life == STAGE_LIVES || (fd >= 0 && is_taken(fd))) {
        return false;
    }
    bool by_lock =
        life == STAGE_OF_OUR_HOST && !sharing_is_on(store->fd) && fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    return life == STAGE_DEAD || by_lock || is_older(store, tmp_fd, name, DAY_S);
}

static bool ends_in(const char *name, const char *ending)
{
    const char *at = strrchr(name, '.');
    return at != NULL && strcmp(at, ending) == 0;
}

/* A partial download that nobody took up. Where it came from is of no use without it. */
static bool is_old_download(const struct store *store, int tmp_fd, const char *name)
{
    if (ends_in(name, ".from")) {
        auto_free char *part = xasprintf("%.*s.part", (int)(strlen(name) - strlen(".from")), name);
        if (faccessat(tmp_fd, part, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT) {
            return true;
        }
    }
    return is_older(store, tmp_fd, name, WEEK_S);
}

static bool is_garbage(const struct store *store, int tmp_fd, const char *name)
{
    if (stage_name_is(name)) {
        return is_abandoned(store, tmp_fd, name);
    }
    if (discard_is_remains(name)) {
        return discard_may_finish(store, tmp_fd, name);
    }
    if (ends_in(name, ".part") || ends_in(name, ".from")) {
        return is_old_download(store, tmp_fd, name);
    }
    /* Anything else is a file that was about to be renamed, or that somebody put here. */
    return is_older(store, tmp_fd, name, DAY_S);
}

/* Under another name first: should its maker live after all, it can no longer publish what we take parts of. */
static int remove_garbage(int tmp_fd, const char *name, struct err *err)
{
    if (!stage_name_is(name)) {
        return fs_remove_tree(tmp_fd, name, err);
    }
    auto_free char *away = discard_remains_name();
    if (away == NULL || renameat(tmp_fd, name, tmp_fd, away) < 0) {
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "move 'tmp/%s' of the store away", name);
    }
    return fs_remove_tree(tmp_fd, away, err);
}

size_t garbage_remove(const struct store *store, bool dry_run, uint64_t *bytes)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    size_t found = 0;
    auto_fd int tmp = openat(store->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tmp < 0 || fs_list(tmp, ".", &names, &ignored) < 0) {
        return 0;
    }
    for (size_t i = 0; i < names.count; i++) {
        struct err err = {0};
        if (!is_garbage(store, tmp, names.item[i])) {
            continue;
        }
        found++;
        struct usage usage = {0};
        if (bytes != NULL) {
            usage_add(tmp, names.item[i], &usage);
            *bytes += usage.bytes;
        }
        if (!dry_run && remove_garbage(tmp, names.item[i], &err) < 0) {
            log_warn("what a killed process left in the store stays: %s", err.text);
        } else if (!dry_run) {
            log_debug("removed '%s', which a killed process left in the store", names.item[i]);
        }
    }
    return found;
}
