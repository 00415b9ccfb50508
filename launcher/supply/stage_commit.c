/* SPDX-License-Identifier: BSD-2-Clause
 * stage_commit: the part of stage.h that makes things visible in the store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/discard.h"
#include "env/sharing.h"
#include "supply/stage.h"

/* Waits for the disk and says so in the meta; in a child of its own that nobody waits for. The stage's folder was
 * opened before its first file was written: syncfs(2) tells of errors since then. */
static void mark_synced(int stage_fd, int meta_fd)
{
    struct stat st;
    if (syncfs(stage_fd) < 0) {
        /* What the kernel still has of it may be gone soon. Runs that use it keep it, the next pull makes it anew. */
        unlinkat(stage_fd, "meta", 0);
        return;
    }
    if (fstat(meta_fd, &st) < 0) {
        return;
    }
    /* In place and three bytes, not a new file and a rename: who removes the store meanwhile finds no new name in it.
     */
    if (pwrite(meta_fd, "yes", 3, st.st_size - STORE_META_SYNCED_FROM_END) == 3) {
        fdatasync(meta_fd);
    }
}

/* A grandchild, so that init reaps it; without our descriptors, so that nobody waits for a pipe it would hold. */
static void sync_in_background(int stage_fd, int meta_fd)
{
    pid_t child = fork();
    if (child == 0) {
        if (setsid() < 0 || fork() != 0) {
            _exit(0);
        }
        /* Copies first: one of the two may be where the other goes. */
        int stage = fcntl(stage_fd, F_DUPFD, 5);
        int meta = fcntl(meta_fd, F_DUPFD, 5);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        bool kept = stage >= 0 && meta >= 0 && dup2(stage, 3) == 3 && dup2(meta, 4) == 4;
        for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++) {
            dup2(null, fd);
        }
        close_range(5, ~0U, 0);
        if (kept && chdir("/") == 0) {
            mark_synced(3, 4);
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

/* The folders and the tree that is published. */
struct publishing {
    int tmp;
    int trees;
    char hex[DIGEST_HEX + 1];
};

/* 1 when the tree is there and complete, 0 when not. */
static int is_complete(const struct publishing *to, const struct digest *artifact, struct err *err)
{
    struct store_tree winner = {.fd = -1};
    int found = store_read_tree(to->trees, artifact, &winner, err);
    store_tree_release(&winner);
    return found;
}

/* 1: published; 0: what was in the way is gone, again; -1: errno, or err where it is set. */
static int publish_once(struct stage *stage, const struct store_tree *tree, const struct publishing *to,
                        struct err *err)
{
    struct stat is = {0};
    if (rename_new(to->tmp, stage->name, to->trees, to->hex) == 0) {
        free(stage->name);
        stage->name = NULL;
        return fsync(to->trees) < 0 && errno != EINVAL ? -1 : 1;
    }
    int failed = errno;
    /* ENOENT: on NFS the answer to a rename that was done can be lost; asked again, the server finds nothing to rename.
     */
    bool taken = failed == EEXIST || failed == ENOTEMPTY;
    fstatat(to->trees, to->hex, &is, AT_SYMLINK_NOFOLLOW);
    int found = (taken && !stage->replace) || failed == ENOENT ? is_complete(to, &tree->artifact, err) : 0;
    if (found != 0) {
        return found;
    }
    if (taken) {
        return discard_replaced(stage->store, &tree->artifact, &is);
    }
    errno = failed;
    return -1;
}

/* Puts the stage in its place. A tree that is there and complete wins; one that a power cut hurt, or that is to be
 * replaced, is moved into tmp. */
static int publish(struct stage *stage, const struct store_tree *tree, struct err *err)
{
    enum { ATTEMPTS = 5 };
    struct publishing to;
    auto_fd int tmp = openat(stage->store->fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd int trees = openat(stage->store->fd, "trees", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tmp < 0 || trees < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the folders of the store");
    }
    to.tmp = tmp;
    to.trees = trees;
    digest_to_hex(&tree->artifact, to.hex);
    int result = 0;
    for (int attempt = 0; attempt < ATTEMPTS && result == 0; attempt++) {
        errno = EEXIST;
        result = publish_once(stage, tree, &to, err);
    }
    if (result != 1 && err->kind == ERR_NONE) {
        return err_set_errno(err, ERR_SYSTEM, errno, "publish the tree '%s' in the store", to.hex);
    }
    return result == 1 ? 0 : -1;
}

/* Before the tree can be seen, for who shares the store: another host cannot tell that this one still runs, and would
 * take a tree that is not known to be on the disk for a damaged one. */
static int sync_first(const struct stage *stage, char *meta, struct err *err)
{
    if (syncfs(stage->fd) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "write the tree to the disk");
    }
    static const char yes[] = {'y', 'e', 's'}; /* no string: the rest of the line stays */
    memcpy(meta + strlen(meta) - STORE_META_SYNCED_FROM_END, yes, sizeof(yes));
    return 0;
}

int stage_commit_tree(struct stage *stage, const struct store_tree *tree, struct err *err)
{
    auto_free char *meta = store_meta_format(tree);
    /* One whose boot identity is hidden is as unknown to the next process as another host. */
    bool first = sharing_is_on(stage->fd) || !store_meta_is_durable(meta);
    auto_fd int fd = openat(stage->fd, "meta", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the tree's meta file");
    }
    if ((first && sync_first(stage, meta, err) < 0) || fs_write_fd(fd, "meta", meta, strlen(meta), err) < 0) {
        return -1;
    }
    if (first && (fsync(fd) < 0 || fsync(stage->fd) < 0)) {
        return err_set_errno(err, ERR_SYSTEM, errno, "write the tree's meta file to the disk");
    }
    if (publish(stage, tree, err) < 0) {
        return -1;
    }
    if (!first && stage->name == NULL) {
        sync_in_background(stage->fd, fd);
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
    /* Replacing is right: both files were verified to have these very bytes. Where locks lie, another process may have
     * published this very file, and where answers get lost (NFS), we have. */
    if (renameat(dirfd, name, blobs, hex) < 0 && (errno != ENOENT || faccessat(blobs, hex, R_OK, 0) < 0)) {
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
    return stage_publish_blob(stage->store->fd, stage->fd, name, digest, err);
}
