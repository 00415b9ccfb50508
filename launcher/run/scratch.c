/* SPDX-License-Identifier: BSD-2-Clause
 * scratch: the private folders of one run on the host's disk. */
#include "run/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "base/strlist.h"

#define RUN_PREFIX  "run."
#define IDLE_PREFIX "idle."

/* Another start may take a new folder for a leftover between its mkdir and its lock; then a new one is made. */
enum {
    ATTEMPTS = 100,
    IDLE_MOST = 64, /* more runs at once than most machines have cores */
};

char *scratch_base(void)
{
    static const char *const names[] = {"SCIWRAP_TMPDIR", "TMPDIR", NULL};
    const char *chosen = "/tmp";
    for (size_t i = 0; names[i] != NULL; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            chosen = value;
            break;
        }
    }
    auto_free char *cwd = chosen[0] != '/' ? fs_current_dir() : NULL;
    return path_normal(cwd != NULL ? cwd : "/", chosen);
}

char *scratch_parent(const char *path)
{
    return xstrndup(path, (size_t)(path_base(path) - path) - 1);
}

/* In a folder that all may write to, somebody else can have made this name first, as a link or with rights of theirs.
 */
static int open_own(const char *path)
{
    struct stat st;
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
        return -1;
    }
    return steal_fd(&fd);
}

/* Of the open folder, without links: binds are held against it (run/planner.c). */
static char *path_of(int fd, const char *path)
{
    char link[64];
    char real[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, real, sizeof(real));
    bool whole = length > 0 && length < (ssize_t)sizeof(real) && real[0] == '/';
    return whole ? xstrndup(real, (size_t)length) : xstrdup(path);
}

static int open_parent(struct scratch *scratch, char **ret_path, struct err *err)
{
    auto_free char *base = scratch_base();
    auto_free char *path = xasprintf("%s/sciwrap-%u", strcmp(base, "/") == 0 ? "" : base, (unsigned)geteuid());
    if (mkdir(path, 0700) < 0 && errno != EEXIST) {
        return err_set_errno(err, ERR_SYSTEM, errno,
                             "private folders cannot be made in '%s'; set SCIWRAP_TMPDIR to a folder of yours", base);
    }
    scratch->parent_fd = open_own(path);
    if (scratch->parent_fd < 0) {
        free(path);
        path = xasprintf("%s/sciwrap-%u.XXXXXX", strcmp(base, "/") == 0 ? "" : base, (unsigned)geteuid());
        if (mkdtemp(path) == NULL || (scratch->parent_fd = open_own(path)) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno,
                                 "private folders cannot be made in '%s'; set SCIWRAP_TMPDIR to a folder of yours",
                                 base);
        }
    }
    *ret_path = path_of(scratch->parent_fd, path);
    return 0;
}

/* Holds the lock while it removes, so that the folder's maker, should there be one, sees that it lost it. */
static void remove_leftover(int parent_fd, const char *name)
{
    struct err err = {0};
    auto_fd int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        return;
    }
    if (fs_remove_tree(parent_fd, name, &err) < 0) {
        log_debug("left by an earlier run: %s", err.text);
    }
}

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void remove_leftovers(int parent_fd, const struct strlist *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (has_prefix(names->item[i], RUN_PREFIX)) {
            remove_leftover(parent_fd, names->item[i]);
        }
    }
}

/* The name of an idle folder that is now ours, as renaming succeeds for one process only; NULL when there is none. */
static char *claim_idle(struct scratch *scratch, const struct strlist *names)
{
    char *claimed = NULL;
    size_t idle = 0;
    for (size_t i = 0; i < names->count; i++) {
        if (!has_prefix(names->item[i], IDLE_PREFIX)) {
            continue;
        }
        idle++;
        auto_free char *name = xasprintf(RUN_PREFIX "%s", names->item[i] + strlen(IDLE_PREFIX));
        if (claimed == NULL && renameat(scratch->parent_fd, names->item[i], scratch->parent_fd, name) == 0) {
            claimed = steal_ptr(&name);
        }
    }
    scratch->crowded = idle > IDLE_MOST;
    return claimed;
}

static char *make_new(const struct scratch *scratch)
{
    uint64_t random = 0;
    if (!random_fill(&random, sizeof(random))) {
        return NULL;
    }
    auto_free char *name = xasprintf(RUN_PREFIX "%016llx", (unsigned long long)random);
    return mkdirat(scratch->parent_fd, name, 0700) < 0 ? NULL : steal_ptr(&name);
}

/* 1 made and locked, 0 lost to a start that cleans up, -1 error. */
static int make_locked(struct scratch *scratch, const struct strlist *names)
{
    struct stat st;
    auto_free char *name = claim_idle(scratch, names);
    if (name == NULL) {
        name = make_new(scratch);
    }
    if (name == NULL) {
        return errno == EEXIST || errno == ENOENT ? 0 : -1; /* ENOENT: the last run removed the parent just now */
    }
    auto_fd int fd = openat(scratch->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        return 0;
    }
    if (fstat(fd, &st) < 0 || st.st_nlink == 0) {
        return 0;
    }
    scratch->fd = steal_fd(&fd);
    scratch->name = steal_ptr(&name);
    return 1;
}

static const struct {
    const char *name;
    mode_t mode;
    bool layer;
} folders[] = {
    {"tmp", 01777, false}, {"vartmp", 01777, false}, {"home", 0700, false}, {"upper", 0755, true}, {"work", 0700, true},
};

static int make_folder(const struct scratch *scratch, size_t i)
{
    if (mkdirat(scratch->fd, folders[i].name, 0700) < 0) {
        return errno == EEXIST ? 0 : -1; /* idle until now, and as good as new: see is_as_new() */
    }
    /* chmod after mkdir: the caller's umask must not be seen inside. */
    return folders[i].mode == 0700 ? 0 : fchmodat(scratch->fd, folders[i].name, folders[i].mode, 0);
}

static int make_folders(const struct scratch *scratch, bool with_layer)
{
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if ((!folders[i].layer || with_layer) && make_folder(scratch, i) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Nothing of the run is left in it: no entry, no other mode, no attribute or access list of the run's making. */
static bool is_as_new(int parent_fd, const char *name, mode_t mode)
{
    struct stat st;
    char attributes[256];
    struct strlist names = {0};
    struct err ignored = {0};
    auto_fd int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || (st.st_mode & 07777) != mode || st.st_uid != geteuid()) {
        return false;
    }
    ssize_t length = flistxattr(fd, attributes, sizeof(attributes));
    bool labelled = length == (ssize_t)sizeof("security.selinux") && strcmp(attributes, "security.selinux") == 0;
    bool plain = length == 0 || labelled || (length < 0 && errno == ENOTSUP);
    bool empty = plain && fs_list(fd, ".", &names, &ignored) == 0 && names.count == 0;
    strlist_release(&names);
    return empty;
}

static bool can_be_kept(const struct scratch *scratch)
{
    bool layered = faccessat(scratch->fd, "upper", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (!folders[i].layer && !is_as_new(scratch->fd, folders[i].name, folders[i].mode)) {
            return false;
        }
    }
    return !layered && !scratch->crowded;
}

static int make_one(struct scratch *scratch, char **ret_parent, struct err *err)
{
    if (scratch->parent_fd >= 0) {
        close(scratch->parent_fd);
        scratch->parent_fd = -1;
    }
    free(*ret_parent);
    *ret_parent = NULL;
    if (open_parent(scratch, ret_parent, err) < 0) {
        return -1;
    }
    struct strlist names = {0};
    struct err ignored = {0};
    (void)fs_list(scratch->parent_fd, ".", &names, &ignored);
    remove_leftovers(scratch->parent_fd, &names);
    int made = make_locked(scratch, &names);
    strlist_release(&names);
    return made >= 0 ? made : err_set_errno(err, ERR_SYSTEM, errno, "make private folders in '%s'", *ret_parent);
}

int scratch_open(struct scratch *scratch, bool with_layer, struct err *err)
{
    auto_free char *parent = NULL;
    int made = 0;
    *scratch = (struct scratch){.parent_fd = -1, .fd = -1};
    for (int i = 0; i < ATTEMPTS && made == 0; i++) {
        made = make_one(scratch, &parent, err);
    }
    if (made < 0) {
        return -1;
    }
    if (made == 0 || make_folders(scratch, with_layer) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "make private folders in '%s'", parent);
    }
    scratch->path = xasprintf("%s/%s", parent, scratch->name);
    return 0;
}

static void give_back(const struct scratch *scratch)
{
    struct err err = {0};
    if (can_be_kept(scratch)) {
        auto_free char *idle = xasprintf(IDLE_PREFIX "%s", scratch->name + strlen(RUN_PREFIX));
        if (renameat(scratch->parent_fd, scratch->name, scratch->parent_fd, idle) == 0) {
            return;
        }
    }
    if (fs_remove_tree(scratch->parent_fd, scratch->name, &err) < 0) {
        log_warn("private folders of this run stay behind: %s", err.text);
    }
}

void scratch_close(struct scratch *scratch)
{
    if (scratch->name != NULL) {
        give_back(scratch);
    }
    if (scratch->fd >= 0) {
        close(scratch->fd);
    }
    if (scratch->parent_fd >= 0) {
        close(scratch->parent_fd);
    }
    if (scratch->path != NULL) {
        *strrchr(scratch->path, '/') = '\0';
        (void)rmdir(scratch->path); /* stays while other runs have their folders in it */
    }
    free(scratch->name);
    free(scratch->path);
    *scratch = (struct scratch){.parent_fd = -1, .fd = -1};
}
