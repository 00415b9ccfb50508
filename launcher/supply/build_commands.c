/* SPDX-License-Identifier: BSD-2-Clause
 * build_commands: the commands of a recipe, run inside the merged tree. */
#include "supply/build_commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/words.h"
#include "supply/tarball.h"

enum { CHUNK = 128 * 1024, LINK_BYTES = 4096, DEPTH_MOST = 256 };
static const char origin[] = "the recipe's commands";

/* PREFIX/bin/sciwrap for PREFIX/libexec/sciwrap/sciwrap-env. */
static char *find_launcher(struct err *err)
{
    auto_free char *self = fs_self_path();
    auto_free char *folder = self == NULL ? NULL : xstrndup(self, (size_t)(path_base(self) - self));
    auto_free char *launcher = folder == NULL ? NULL : xasprintf("%s../../bin/sciwrap", folder);
    if (launcher == NULL || access(launcher, X_OK) < 0) {
        err_set(err, ERR_HOST, "the recipe has commands, and the launcher that runs them is not at '%s'",
                launcher != NULL ? launcher : "../../bin/sciwrap");
        return NULL;
    }
    return steal_ptr(&launcher);
}

/* The tree so far as an environment of its own: its tar and a definition that pins it. */
static int write_environment(const struct tree *tree, const struct spool *spool, int stage_fd, struct err *err)
{
    struct digest digest;
    uint64_t size = 0;
    char hex[DIGEST_HEX + 1];
    auto_fd int fd = openat(stage_fd, "tree.tar", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the tree's tar");
    }
    if (tarball_write(tree, spool, fd, &digest, &size, err) < 0) {
        return -1;
    }
    digest_to_hex(&digest, hex);
    /* What of this machine would reach a command all the same must not get into an artifact that is to be the same
     * everywhere: the number of processors, and what kind of terminal somebody sits at. */
    auto_free char *text = xasprintf("[artifact]\nsha256 = %s\nsize = %llu\nurl = tree.tar\n[run]\nidentity = root\n"
                                     "[variables]\nTERM = dumb\nOMP_NUM_THREADS = 1\n",
                                     hex, (unsigned long long)size);
    return fs_write_atomic(stage_fd, "tree.ini", 0600, text, strlen(text), err);
}

/* The environment of the launcher: a store of its own, so that nothing of an unfinished tree gets into the user's. */
static void fill_environment(const char *stage_path, struct strlist *ret_environment)
{
    for (char **at = environ; *at != NULL; at++) {
        if (strncmp(*at, "SCIWRAP_", 8) != 0) {
            strlist_add(ret_environment, *at);
        }
    }
    strlist_addf(ret_environment, "SCIWRAP_STORE=%s/store", stage_path);
}

static int spawn(const struct strlist *argv, const struct strlist *environment, const char *folder, int *ret_status)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t ignored;
    pid_t child = 0;
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &ignored);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failure = posix_spawn(&child, argv->item[0], &actions, &attributes, argv->item, strlist_items(environment));
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    while (failure == 0 && waitpid(child, ret_status, 0) < 0) {
        failure = errno == EINTR ? 0 : errno;
    }
    return failure;
}

static int run_command(const char *launcher, const char *command, const char *stage_path, struct err *err)
{
    auto_release(strlist) struct strlist argv = {0};
    auto_release(strlist) struct strlist environment = {0};
    auto_free char *work = xasprintf("%s/work", stage_path);
    int status = 0;
    strlist_add(&argv, launcher);
    strlist_add(&argv, "exec");
    strlist_add(&argv, "--no-record");
    strlist_add(&argv, "--no-auto-bind");
    strlist_addf(&argv, "%s/tree.ini", stage_path);
    (void)words_split(command, &argv); /* reading the recipe has seen that it can be */
    fill_environment(stage_path, &environment);
    int failure = spawn(&argv, &environment, work, &status);
    if (failure != 0) {
        return err_set_errno(err, ERR_SYSTEM, failure, "start '%s'", launcher);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return err_set(err, ERR_INVALID, "command '%s' ended with status %d", command,
                       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    return 0;
}

struct harvest {
    struct tree *tree;
    struct spool *spool;
    unsigned depth;
};

static int take_file(const struct harvest *harvest, int fd, uint64_t size, struct tree_content *ret_content,
                     struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    struct digest_state state;
    uint64_t done = 0;
    ret_content->size = size;
    ret_content->offset = spool_reserve(harvest->spool, size);
    digest_begin(&state);
    while (done < size) {
        ssize_t got = read(fd, chunk, size - done < CHUNK ? (size_t)(size - done) : CHUNK);
        if (got <= 0) {
            return err_set_errno(err, ERR_SYSTEM, got < 0 ? errno : EIO, "read what a command wrote");
        }
        digest_update(&state, chunk, (size_t)got);
        if (spool_write(harvest->spool, ret_content->offset + done, chunk, (size_t)got, err) < 0) {
            return -1;
        }
        done += (uint64_t)got;
    }
    digest_end(&state, &ret_content->digest);
    return 0;
}

static int take_folder(struct harvest *harvest, int fd, const char *above, struct err *err);

/* Permissions keep only whether a file can be executed, and times are the tree's: the caller's umask and clock must not
 * show. */
static int take_name(struct harvest *harvest, int dirfd, const char *name, const char *path, struct err *err)
{
    struct tree_entry entry = {.path = path, .mode = 0755, .mtime = harvest->tree->root->mtime, .from = origin};
    char target[LINK_BYTES];
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "stat '%s'", path);
    }
    if (S_ISLNK(st.st_mode)) {
        ssize_t length = readlinkat(dirfd, name, target, sizeof(target) - 1);
        if (length <= 0 || (size_t)length >= sizeof(target) - 1) {
            return err_set(err, ERR_INVALID, "'%s': its target cannot be read", path);
        }
        target[length] = '\0';
        entry.type = TREE_LINK;
        entry.mode = 0777;
        entry.target = target;
        return tree_add(harvest->tree, &entry, err);
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "'%s' is a device, a pipe or a socket", path);
    }
    auto_fd int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", path);
    }
    if (S_ISDIR(st.st_mode)) {
        entry.type = TREE_FOLDER;
        return tree_add(harvest->tree, &entry, err) < 0 ? -1 : take_folder(harvest, fd, path, err);
    }
    entry.type = TREE_FILE;
    entry.mode = (st.st_mode & 0111) != 0 ? 0755 : 0644;
    if (take_file(harvest, fd, (uint64_t)st.st_size, &entry.content, err) < 0) {
        return -1;
    }
    return tree_add(harvest->tree, &entry, err);
}

static int take_folder(struct harvest *harvest, int fd, const char *above, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    if (++harvest->depth > DEPTH_MOST) {
        return err_set(err, ERR_INVALID, "'%s' is deeper than %d folders", above, (int)DEPTH_MOST);
    }
    if (fs_list(fd, ".", &names, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < names.count; i++) {
        auto_free char *path = xasprintf("%s%s%s", above, above[0] != '\0' ? "/" : "", names.item[i]);
        if (take_name(harvest, fd, names.item[i], path, err) < 0) {
            return -1;
        }
    }
    harvest->depth--;
    return 0;
}

int build_commands(const struct recipe *recipe, struct tree *tree, struct spool *spool, int stage_fd,
                   const char *stage_path, struct err *err)
{
    struct harvest harvest = {.tree = tree, .spool = spool};
    auto_free char *launcher = find_launcher(err);
    if (launcher == NULL || write_environment(tree, spool, stage_fd, err) < 0) {
        return -1;
    }
    if (mkdirat(stage_fd, "work", 0755) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create a work directory");
    }
    for (size_t i = 0; i < recipe->commands.count; i++) {
        log_info("%s: running %s", recipe->name, recipe->commands.item[i]);
        if (run_command(launcher, recipe->commands.item[i], stage_path, err) < 0) {
            return -1;
        }
    }
    auto_fd int work = openat(stage_fd, "work", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (work < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the work directory");
    }
    return take_folder(&harvest, work, "", err);
}
