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

static const char stage_prefix[] = "stage.";

enum { DAY_S = 24 * 60 * 60, WEEK_S = 7 * DAY_S };

static bool is_older(int tmp_fd, const char *name, time_t seconds)
{
    struct stat st;
    return fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - st.st_mtime > seconds;
}

static bool is_taken(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* A stage can also hold a tree that gave way to another one: runs that use it have a lock on its meta file. */
static bool is_run_from(int fd)
{
    auto_fd int meta = openat(fd, "meta", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return meta >= 0 && is_taken(meta);
}

/* Whether nobody works in the stage `name`. Where the lock says nothing, age does: nothing takes a day. */
static bool is_abandoned(int tmp_fd, const char *name)
{
    char host[SHARING_HOST + 1];
    auto_fd int fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || is_taken(fd) || is_run_from(fd)) {
        return false;
    }
    sharing_host(host);
    auto_free char *ours = xasprintf("%s%s.", stage_prefix, host);
    bool lock_is_known = strncmp(name, ours, strlen(ours)) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    return lock_is_known || is_older(tmp_fd, name, DAY_S);
}

static bool is_part(const char *name)
{
    const char *ending = strrchr(name, '.');
    return ending != NULL && (strcmp(ending, ".part") == 0 || strcmp(ending, ".from") == 0);
}

static bool is_garbage(const struct store *store, int tmp_fd, const char *name)
{
    if (strncmp(name, stage_prefix, strlen(stage_prefix)) == 0) {
        return is_abandoned(tmp_fd, name);
    }
    if (discard_is_remains(name)) {
        return discard_may_finish(store, tmp_fd, name);
    }
    /* Anything else is a file that was about to be renamed, or that somebody put here. */
    return is_older(tmp_fd, name, is_part(name) ? WEEK_S : DAY_S);
}

size_t garbage_remove(const struct store *store, bool dry_run)
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
        if (!dry_run && fs_remove_tree(tmp, names.item[i], &err) < 0) {
            log_warn("what a killed process left in the store stays: %s", err.text);
        } else if (!dry_run) {
            log_debug("removed '%s', which a killed process left in the store", names.item[i]);
        }
    }
    return found;
}
