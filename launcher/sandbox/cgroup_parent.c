/* SPDX-License-Identifier: BSD-2-Clause
 * cgroup_parent: below which group of version 2 a group of ours can be made.
 *
 * Processes may be moved below group P by who may write P's cgroup.procs, when they come out of P or of a group below
 * it (cgroup-v2.rst, "Delegation Containment"). So P is our own group or one above it that was delegated to this user:
 * the groups between are then this user's as well, and to leave them evades nobody's limit. Root may leave everything
 * and shall not: it goes up only past groups that limit neither memory nor CPUs. */
#include "sandbox/cgroup_parent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"

static const char *const kind_names[CGROUP_KINDS] = {"pids", "memory", "cpuset", "cpu"};

bool cgroup_is_writable(const char *path)
{
    auto_free char *procs = xasprintf("%s/cgroup.procs", path);
    return faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0 && faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) == 0;
}

/* The text of PATH/FILE; "" when it cannot be read. */
static void read_text(const char *path, const char *file, struct buf *text)
{
    struct err ignored = {0};
    auto_free char *whole = xasprintf("%s/%s", path, file);
    buf_clear(text);
    (void)fs_read_path(whole, 1 << 20, text, &ignored);
}

/* The controllers that are named in a file, with blanks between. */
static unsigned read_controllers(const char *path, const char *file)
{
    unsigned found = 0;
    char *rest = NULL;
    auto_release(buf) struct buf text = {0};
    read_text(path, file, &text);
    auto_free char *words = buf_take(&text);
    for (char *word = strtok_r(words, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
        for (unsigned i = 0; i < CGROUP_KINDS; i++) {
            found |= strcmp(word, kind_names[i]) == 0 ? 1U << i : 0;
        }
    }
    return found;
}

/* Hands controllers on to the children of a group, or no more. */
static bool hand_on(const char *path, unsigned controllers, char sign)
{
    auto_release(buf) struct buf text = {0};
    for (unsigned i = 0; i < CGROUP_KINDS; i++) {
        if ((controllers & 1U << i) != 0) {
            buf_addf(&text, "%s%c%s", text.length > 0 ? " " : "", sign, kind_names[i]);
        }
    }
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && cgroup_write_at(fd, "cgroup.subtree_control", buf_text(&text));
}

static bool is_alone_in(const char *path)
{
    char own[32];
    auto_release(buf) struct buf text = {0};
    snprintf(own, sizeof(own), "%d\n", (int)getpid());
    read_text(path, "cgroup.procs", &text);
    return strcmp(buf_text(&text), own) == 0;
}

/* Groups with processes in them give nothing to their children, the root excepted. When we are the only one, as under
 * `systemd-run --scope -p Delegate=yes`, we can step aside. */
static bool step_aside(const char *path, struct cgroup_parent *parent)
{
    auto_free char *leaf = xasprintf("%s/launcher", path);
    if (mkdir(leaf, 0755) < 0 && errno != EEXIST) { /* left by one that was killed: nobody else is here */
        return false;
    }
    auto_fd int fd = open(leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !cgroup_write_at(fd, "cgroup.procs", "0")) {
        rmdir(leaf);
        return false;
    }
    parent->leaf = steal_ptr(&leaf);
    return true;
}

void cgroup_parent_restore(const char *path, unsigned given, const char *leaf)
{
    auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)hand_on(path, given, '-');
    if (fd >= 0 && cgroup_write_at(fd, "cgroup.procs", "0")) {
        rmdir(leaf);
    }
}

/* What of the wanted controllers the children of this group get, or could. */
static unsigned try_group(const char *path, unsigned need, struct cgroup_parent *parent)
{
    if (!cgroup_is_writable(path)) {
        return 0;
    }
    unsigned handed = read_controllers(path, "cgroup.subtree_control") & need;
    unsigned missing = read_controllers(path, "cgroup.controllers") & need & ~handed;
    if (missing != 0 && hand_on(path, missing, '+')) {
        parent->given = missing;
        return handed | missing;
    }
    if (missing != 0 && is_alone_in(path) && step_aside(path, parent)) {
        if (hand_on(path, missing, '+')) {
            parent->given = missing;
            return handed | missing;
        }
        cgroup_parent_restore(path, 0, parent->leaf);
        free(parent->leaf);
        parent->leaf = NULL;
    }
    return handed;
}

static bool is_limited(const char *path)
{
    static const struct {
        const char *file, *unlimited;
    } files[] = {{"memory.max", "max\n"}, {"memory.high", "max\n"}, {"cpu.max", "max "}, {"cpuset.cpus", "\n"}};
    auto_release(buf) struct buf text = {0};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        read_text(path, files[i].file, &text);
        if (text.length > 0 && strncmp(buf_text(&text), files[i].unlimited, strlen(files[i].unlimited)) != 0) {
            return true;
        }
    }
    return false;
}

static bool walk_up(const struct cgroup_place *place, unsigned least, unsigned wanted, struct cgroup_parent *parent)
{
    auto_free char *path = xstrdup(place->own);
    while (path_is_under(path, place->top)) {
        unsigned have = try_group(path, wanted, parent);
        if (have != 0 && (have & least) == least) {
            parent->path = steal_ptr(&path);
            parent->controllers = have;
            return true;
        }
        if (parent->leaf != NULL) { /* not enough for what it was done for */
            cgroup_parent_restore(path, parent->given, parent->leaf);
            free(parent->leaf);
            parent->leaf = NULL;
        }
        if (strcmp(path, place->top) == 0 || (geteuid() == 0 && is_limited(path))) {
            break;
        }
        *strrchr(path, '/') = '\0';
    }
    return false;
}

bool cgroup_offers(const struct cgroup_place *place, unsigned wanted)
{
    return (read_controllers(place->top, "cgroup.controllers") & wanted) != 0;
}

bool cgroup_parent_find(const struct cgroup_place *place, unsigned wanted, struct cgroup_parent *ret_parent)
{
    struct cgroup_parent parent = {0};
    unsigned offered = read_controllers(place->top, "cgroup.controllers") & wanted;
    if (!walk_up(place, offered, wanted, &parent) && !walk_up(place, 0, wanted, &parent)) {
        return false;
    }
    *ret_parent = parent;
    return true;
}
