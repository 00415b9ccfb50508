/* SPDX-License-Identifier: BSD-2-Clause
 * stage: the writing side of the store. */
#include "supply/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

static const char stage_prefix[] = "stage.";

/* The host is part of a stage's name because locks of some cluster file systems are known to one node only. */
static char *host_prefix(void)
{
    struct utsname host;
    if (uname(&host) < 0) {
        strcpy(host.nodename, "unknown");
    }
    for (char *c = host.nodename; *c != '\0'; c++) {
        *c = *c == '/' || (unsigned char)*c <= ' ' ? '_' : *c;
    }
    return xasprintf("%s%.64s.", stage_prefix, host.nodename);
}

/* Whether nobody works in the open stage `name`. Where the lock says nothing, age does: nothing takes a day. */
static bool is_abandoned(int fd, const char *name, const char *ours)
{
    enum { DAY_S = 24 * 60 * 60 };
    struct stat st;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        return false;
    }
    bool lock_is_known = strncmp(name, ours, strlen(ours)) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    return lock_is_known || (fstat(fd, &st) == 0 && time(NULL) - st.st_mtime > DAY_S);
}

/* A partial download that nobody took up for a week. */
static void remove_old_part(int tmp_fd, const char *name)
{
    enum { WEEK_S = 7 * 24 * 60 * 60 };
    struct stat st;
    const char *ending = strrchr(name, '.');
    bool part = ending != NULL && (strcmp(ending, ".part") == 0 || strcmp(ending, ".from") == 0);
    if (part && fstatat(tmp_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - st.st_mtime > WEEK_S) {
        unlinkat(tmp_fd, name, 0);
    }
}

/* What killed processes left. A failure is no reason to stop: the next one tries again. */
static void remove_abandoned(int tmp_fd)
{
    auto_release(strlist) struct strlist names = {0};
    auto_free char *ours = host_prefix();
    struct err ignored = {0};
    if (fs_list(tmp_fd, ".", &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        remove_old_part(tmp_fd, name);
        if (strncmp(name, stage_prefix, strlen(stage_prefix)) != 0) {
            continue;
        }
        auto_fd int fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && is_abandoned(fd, name, ours)) {
            log_debug("removing '%s', which a killed process left in the store", name);
            fs_remove_tree(tmp_fd, name, &ignored);
        }
    }
}

/* The new folder, locked; -1 with errno EAGAIN when a cleaner saw it before it was locked and took it away. */
static int make_locked(int tmp_fd, const char *name)
{
    struct stat st;
    if (mkdirat(tmp_fd, name, 0700) < 0) {
        return -1;
    }
    int fd = openat(tmp_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        errno = errno == ENOENT ? EAGAIN : errno;
        return -1;
    }
    bool taken = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (taken || fstat(fd, &st) < 0 || st.st_nlink == 0) {
        close(fd);
        errno = EAGAIN;
        return -1;
    }
    return fd;
}

int stage_begin(struct stage *stage, const struct store *store, struct err *err)
{
    *stage = (struct stage){.store_fd = store->fd, .fd = -1};
    auto_fd int tmp = openat(store->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tmp < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s/tmp'", store->path);
    }
    remove_abandoned(tmp);
    auto_free char *prefix = host_prefix();
    for (int attempt = 0; attempt < 10; attempt++) {
        uint64_t random = 0;
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read random bytes");
        }
        auto_free char *name = xasprintf("%s%d.%016llx", prefix, getpid(), (unsigned long long)random);
        int fd = make_locked(tmp, name);
        if (fd >= 0) {
            stage->fd = fd;
            stage->name = steal_ptr(&name);
            return 0;
        }
        if (errno != EAGAIN) {
            break;
        }
    }
    return err_set_errno(err, ERR_SYSTEM, errno, "create a folder in '%s/tmp'", store->path);
}

int stage_empty(struct stage *stage, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    if (fs_list(stage->fd, ".", &names, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (fs_remove_tree(stage->fd, names.item[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Waits for the disk and says so in the meta; in a child of its own that nobody waits for. */
static void mark_synced(int meta_fd)
{
    struct stat st;
    if (syncfs(meta_fd) < 0 || fstat(meta_fd, &st) < 0) {
        return;
    }
    /* In place and three bytes, not a new file and a rename: who removes the store meanwhile finds no new name in it.
     */
    if (pwrite(meta_fd, "yes", 3, st.st_size - STORE_META_SYNCED_FROM_END) == 3) {
        fdatasync(meta_fd);
    }
}

/* A grandchild, so that init reaps it; without our descriptors, so that nobody waits for a pipe it would hold. */
static void sync_in_background(int meta_fd)
{
    pid_t child = fork();
    if (child == 0) {
        if (setsid() < 0 || fork() != 0) {
            _exit(0);
        }
        int keep = dup2(meta_fd, 3);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++) {
            dup2(null, fd);
        }
        close_range(4, ~0U, 0);
        if (keep == 3 && chdir("/") == 0) {
            mark_synced(keep);
        }
        _exit(0);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
}

static int rename_new(int from_fd, const char *from, int to_fd, const char *to)
{
    int result = renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE);
    if (result < 0 && (errno == EINVAL || errno == ENOSYS)) {
        /* NFS and others: a plain rename never replaces a folder that is not empty, and nobody makes empty ones. */
        result = renameat(from_fd, from, to_fd, to);
    }
    return result;
}

/* Puts the stage in its place. A tree that is there and complete wins; one that a power cut hurt, or that is to be
 * replaced, is moved into tmp. */
static int publish(struct stage *stage, const struct store_tree *tree, int tmp, int trees, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&tree->artifact, hex);
    for (int attempt = 0; attempt < 3; attempt++) {
        if (rename_new(tmp, stage->name, trees, hex) == 0) {
            free(stage->name);
            stage->name = NULL;
            fsync(trees);
            return 0;
        }
        if (errno != EEXIST && errno != ENOTEMPTY) {
            break;
        }
        struct store_tree winner = {.fd = -1};
        int found = stage->replace ? 0 : store_read_tree(trees, &tree->artifact, &winner, err);
        if (found != 0) {
            store_tree_release(&winner);
            return found < 0 ? -1 : 0;
        }
        auto_free char *aside = xasprintf("%s.old", stage->name);
        if (renameat(trees, hex, tmp, aside) < 0 && errno != ENOENT) {
            break;
        }
        struct err ignored = {0};
        fs_remove_tree(tmp, aside, &ignored);
    }
    return err_set_errno(err, ERR_SYSTEM, errno, "publish the tree '%s' in the store", hex);
}

int stage_commit_tree(struct stage *stage, const struct store_tree *tree, struct err *err)
{
    auto_free char *meta = store_meta_format(tree);
    auto_fd int fd = openat(stage->fd, "meta", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the tree's meta file");
    }
    auto_fd int tmp = openat(stage->store_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int trees = openat(stage->store_fd, "trees", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tmp < 0 || trees < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the folders of the store");
    }
    if (fs_write_fd(fd, "meta", meta, strlen(meta), err) < 0 || publish(stage, tree, tmp, trees, err) < 0) {
        return -1;
    }
    if (!store_meta_is_durable(meta)) {
        mark_synced(fd); /* this host hides its boot identity, so nobody could trust the tree before */
    } else if (stage->name == NULL) {
        sync_in_background(fd);
    }
    return 0;
}

int stage_publish_blob(int store_fd, int dirfd, const char *name, const struct digest *digest, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    auto_fd int blobs = openat(store_fd, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (blobs < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open 'blobs/sha256' in the store");
    }
    /* Replacing is right: both files were verified to have these very bytes. */
    if (renameat(dirfd, name, blobs, hex) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "publish the blob '%s' in the store", hex);
    }
    fsync(blobs);
    return 0;
}

int stage_commit_blob(struct stage *stage, const char *name, const struct digest *digest, struct err *err)
{
    auto_fd int fd = openat(stage->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fdatasync(fd) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "write '%s' to the disk", name);
    }
    return stage_publish_blob(stage->store_fd, stage->fd, name, digest, err);
}

void stage_release(struct stage *stage)
{
    if (stage->name != NULL) {
        struct err ignored = {0}; /* what cannot be removed is garbage for the next stage_begin */
        auto_fd int tmp = openat(stage->store_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (tmp >= 0) {
            fs_remove_tree(tmp, stage->name, &ignored);
        }
        close(stage->fd);
    } else if (stage->fd > 0) {
        close(stage->fd);
    }
    free(stage->name);
    *stage = (struct stage){.store_fd = -1, .fd = -1};
}

int stage_lock(const struct store *store, const struct digest *digest, const char *label)
{
    enum { WAIT_MS = 60 * 1000, STEP_MS = 50 };
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    auto_free char *name = xasprintf("locks/%s", hex);
    auto_fd int fd = openat(store->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    for (int waited = 0; fd >= 0 && waited < WAIT_MS; waited += STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return steal_fd(&fd);
        }
        if (errno != EWOULDBLOCK) {
            break; /* no locks on this file system */
        }
        if (waited == 0) {
            log_info("%s: waiting for another process that is bringing the same", label);
        }
        struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
        nanosleep(&step, NULL);
    }
    return -1;
}
