/* SPDX-License-Identifier: BSD-2-Clause
 * scratch: the private folders of one run on the host's disk. */
#include "run/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/strlist.h"

#define RUN_PREFIX "run."

/* Another start may take a new folder for a leftover between its mkdir and its lock; then a new one is made. */
enum { ATTEMPTS = 100 };

static char *base_folder(void)
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

static int open_parent(struct scratch *scratch, char **ret_path, struct err *err)
{
    auto_free char *base = base_folder();
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
    *ret_path = steal_ptr(&path);
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

static void remove_leftovers(int parent_fd)
{
    struct strlist names = {0};
    struct err ignored = {0};
    (void)fs_list(parent_fd, ".", &names, &ignored);
    for (size_t i = 0; i < names.count; i++) {
        if (strncmp(names.item[i], RUN_PREFIX, strlen(RUN_PREFIX)) == 0) {
            remove_leftover(parent_fd, names.item[i]);
        }
    }
    strlist_release(&names);
}

/* 1 made and locked, 0 lost to a start that cleans up, -1 error. */
static int make_locked(struct scratch *scratch)
{
    struct stat st;
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return -1;
    }
    auto_free char *name = xasprintf(RUN_PREFIX "%016llx", (unsigned long long)random);
    if (mkdirat(scratch->parent_fd, name, 0700) < 0) {
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

static int make_folders(const struct scratch *scratch, bool with_layer)
{
    static const struct {
        const char *name;
        mode_t mode;
        bool layer;
    } folders[] = {
        {"tmp", 01777, false}, {"vartmp", 01777, false}, {"home", 0700, false},
        {"upper", 0755, true}, {"work", 0700, true},
    };
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (folders[i].layer && !with_layer) {
            continue;
        }
        /* chmod after mkdir: the caller's umask must not be seen inside. */
        if (mkdirat(scratch->fd, folders[i].name, 0700) < 0 ||
            (folders[i].mode != 0700 && fchmodat(scratch->fd, folders[i].name, folders[i].mode, 0) < 0)) {
            return -1;
        }
    }
    return 0;
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
    remove_leftovers(scratch->parent_fd);
    int made = make_locked(scratch);
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

void scratch_close(struct scratch *scratch)
{
    struct err err = {0};
    if (scratch->name != NULL && fs_remove_tree(scratch->parent_fd, scratch->name, &err) < 0) {
        log_warn("private folders of this run stay behind: %s", err.text);
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
