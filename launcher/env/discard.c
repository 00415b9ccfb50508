/* SPDX-License-Identifier: BSD-2-Clause
 * discard: takes a tree out of the store, unless it is in use. */
#include "env/discard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "env/roots.h"
#include "env/sharing.h"

static const char remains_prefix[] = "del.";

/* NFS clients believe what they know of a folder for a minute at most (nfs(5), acdirmax). */
enum { GRACE_S = 120 };

time_t discard_now(const struct store *store)
{
    struct stat st;
    auto_fd int fd = openat(store->fd, "locks/clock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd >= 0 && futimens(fd, NULL) == 0 && fstat(fd, &st) == 0 ? st.st_mtime : time(NULL);
}

/* A tree on its way out. */
struct removal {
    const struct store *store;
    struct digest artifact;
    char hex[DIGEST_HEX + 1];
    int trees; /* folders of the store */
    int tmp;
    int meta; /* held against users; -1 when the tree has none */
    char *remains;
};

static void removal_release(struct removal *removal)
{
    int fds[] = {removal->trees, removal->tmp, removal->meta};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    free(removal->remains);
}

static int open_removal(struct removal *removal, const struct store *store, const struct digest *artifact,
                        struct err *err)
{
    uint64_t random = 0;
    *removal = (struct removal){.store = store, .artifact = *artifact, .trees = -1, .tmp = -1, .meta = -1};
    digest_to_hex(artifact, removal->hex);
    removal->trees = openat(store->fd, "trees", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    removal->tmp = openat(store->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (removal->trees < 0 || removal->tmp < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the folders of the store '%s'", store->path);
    }
    if (!random_fill(&random, sizeof(random))) {
        return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
    }
    removal->remains = xasprintf("%s%s.%016llx", remains_prefix, removal->hex, (unsigned long long)random);
    auto_free char *meta = xasprintf("%s/meta", removal->hex);
    removal->meta = openat(removal->trees, meta, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return 0;
}

static bool has_users(const struct removal *removal, struct strlist *users)
{
    bool held = removal->meta >= 0 && !roots_lock_for_removal(removal->meta);
    bool named = sharing_is_on(removal->store->fd) &&
                 roots_in_use(removal->store->fd, &removal->artifact, discard_now(removal->store), users);
    return held || named;
}

/* Another process can have put a new tree into the place since the meta file was opened. */
static bool took_the_wrong_one(const struct removal *removal)
{
    struct stat ours;
    struct stat taken;
    auto_free char *meta = xasprintf("%s/meta", removal->remains);
    if (removal->meta < 0) {
        return fstatat(removal->tmp, meta, &taken, AT_SYMLINK_NOFOLLOW) == 0;
    }
    return fstat(removal->meta, &ours) < 0 || fstatat(removal->tmp, meta, &taken, AT_SYMLINK_NOFOLLOW) < 0 ||
           ours.st_ino != taken.st_ino || ours.st_dev != taken.st_dev;
}

/* When there is a newer one already ours stays where it is: who uses it keeps it, a later collection removes it. */
static void put_back(const struct removal *removal)
{
    if (renameat2(removal->tmp, removal->remains, removal->trees, removal->hex, RENAME_NOREPLACE) < 0 &&
        (errno == EINVAL || errno == ENOSYS)) {
        renameat(removal->tmp, removal->remains, removal->trees, removal->hex);
    }
}

/* Out of the way; the age of remains counts from now. */
static int move_aside(const struct removal *removal)
{
    if (renameat(removal->trees, removal->hex, removal->tmp, removal->remains) < 0) {
        return -1;
    }
    utimensat(removal->tmp, removal->remains, NULL, AT_SYMLINK_NOFOLLOW);
    return 0;
}

static int finish(const struct removal *removal, enum discard *ret_outcome, struct err *err)
{
    if (sharing_is_network(removal->store->fd)) {
        *ret_outcome = DISCARD_LATER;
        return 0;
    }
    if (fs_remove_tree(removal->tmp, removal->remains, err) < 0) {
        return err_wrap(err, "the tree is out of the way, but part of it stays in '%s/tmp/%s'", removal->store->path,
                        removal->remains);
    }
    *ret_outcome = DISCARD_DONE;
    return 0;
}

static int discard(struct removal *removal, struct strlist *users, enum discard *ret_outcome, struct err *err)
{
    if (has_users(removal, users)) {
        *ret_outcome = DISCARD_IN_USE;
        return 0;
    }
    if (move_aside(removal) < 0) {
        *ret_outcome = DISCARD_ABSENT;
        return errno == ENOENT ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "move the tree '%s' away", removal->hex);
    }
    if (took_the_wrong_one(removal) || has_users(removal, users)) {
        put_back(removal);
        *ret_outcome = DISCARD_IN_USE;
        return 0;
    }
    return finish(removal, ret_outcome, err);
}

int discard_tree(const struct store *store, const struct digest *artifact, struct strlist *users,
                 enum discard *ret_outcome, struct err *err)
{
    struct removal removal;
    int result = open_removal(&removal, store, artifact, err);
    if (result == 0) {
        result = discard(&removal, users, ret_outcome, err);
    }
    removal_release(&removal);
    return result;
}

bool discard_is_in_use(const struct store *store, const struct digest *artifact, struct strlist *users)
{
    struct removal removal;
    struct err ignored = {0};
    bool used = open_removal(&removal, store, artifact, &ignored) == 0 && has_users(&removal, users);
    removal_release(&removal);
    return used;
}

/* Whether it is another folder than the one that was judged. */
static bool is_other(const struct removal *removal, const struct stat *judged)
{
    struct stat taken;
    return fstatat(removal->tmp, removal->remains, &taken, AT_SYMLINK_NOFOLLOW) < 0 || taken.st_ino != judged->st_ino ||
           taken.st_dev != judged->st_dev;
}

int discard_replaced(const struct store *store, const struct digest *artifact, const struct stat *judged)
{
    struct removal removal;
    struct err err = {0};
    enum discard ignored;
    int result = open_removal(&removal, store, artifact, &err);
    bool used = result == 0 && has_users(&removal, NULL);
    result = result < 0 ? -1 : move_aside(&removal);
    int reason = errno;
    if (result == 0 && is_other(&removal, judged)) {
        put_back(&removal);
    } else if (result == 0 && used) {
        log_info("runs that use the old tree keep it until they end; 'sciwrap store gc' removes it then");
    } else if (result == 0 && finish(&removal, &ignored, &err) < 0) {
        log_warn("%s", err.text);
    }
    removal_release(&removal);
    errno = reason;
    return result < 0 && reason != ENOENT ? -1 : 0;
}

bool discard_is_remains(const char *name)
{
    return strncmp(name, remains_prefix, strlen(remains_prefix)) == 0;
}

char *discard_remains_name(void)
{
    uint64_t random = 0;
    bool got = random_fill(&random, sizeof(random));
    return got ? xasprintf("%sstage.%016llx", remains_prefix, (unsigned long long)random) : NULL;
}

bool discard_may_finish(const struct store *store, int tmp_fd, const char *name)
{
    char hex[DIGEST_HEX + 1];
    struct digest artifact;
    struct stat st;
    auto_free char *path = xasprintf("%s/meta", name);
    auto_fd int meta = openat(tmp_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (meta >= 0 && !roots_lock_for_removal(meta)) {
        return false;
    }
    snprintf(hex, sizeof(hex), "%s", name + strlen(remains_prefix));
    if (!sharing_is_on(store->fd) || !digest_from_hex(hex, &artifact)) {
        return true;
    }
    time_t now = discard_now(store);
    if (sharing_is_network(store->fd) &&
        (fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || now - st.st_mtime < GRACE_S)) {
        return false;
    }
    return !roots_in_use(store->fd, &artifact, now, NULL);
}
