/* SPDX-License-Identifier: BSD-2-Clause
 * cgroup: a control group of one run. Where groups are is found out in cgroup_places.c, which of them can hold one of
 * ours in cgroup_parent.c. */
#include "sandbox/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/cgroup_parent.h"
#include "sandbox/cgroup_scope.h"

enum { FILE_MOST = 64 * 1024 };

/* ---- making and removing */

/* A lock that nobody holds: its launcher is gone, and with it, by PR_SET_PDEATHSIG, all that was in the group. */
static void remove_leftovers(int parent_fd)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    if (fs_list(parent_fd, ".", &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (strncmp(names.item[i], CGROUP_PREFIX, strlen(CGROUP_PREFIX)) != 0) {
            continue;
        }
        auto_fd int fd = openat(parent_fd, names.item[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            unlinkat(parent_fd, names.item[i], AT_REMOVEDIR); /* EBUSY: somebody is in it after all */
        }
    }
}

/* One group below `parent`; the descriptor, locked, or -1. */
static int make_locked(int parent_fd, const char *name)
{
    if (mkdirat(parent_fd, name, 0755) < 0) {
        return -1;
    }
    auto_fd int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    /* Between mkdir and the lock it looks as if nobody owned it, and another launcher may have removed it. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || faccessat(fd, "cgroup.procs", F_OK, 0) < 0) {
        return -1;
    }
    return steal_fd(&fd);
}

static bool make_part(struct cgroup *cgroup, const char *parent, unsigned controllers)
{
    enum { ATTEMPTS = 100 };
    auto_fd int parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent_fd < 0) {
        return false;
    }
    remove_leftovers(parent_fd);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        char name[64];
        snprintf(name, sizeof(name), CGROUP_PREFIX "%d-%d", (int)getpid(), attempt);
        int fd = make_locked(parent_fd, name);
        if (fd >= 0) {
            cgroup->part[cgroup->parts++] = (struct cgroup_part){.controllers = controllers,
                                                                 .path = xasprintf("%s/%s", parent, name),
                                                                 .parent = xstrdup(parent),
                                                                 .fd = fd};
            return true;
        }
        if (errno != EEXIST && errno != ENOENT && errno != EWOULDBLOCK) {
            return false;
        }
    }
    return false;
}

static unsigned open_unified(struct cgroup *cgroup, const struct cgroup_place *place, unsigned wanted)
{
    struct cgroup_parent parent = {0};
    if (!cgroup_parent_find(place, wanted, &parent)) {
        return 0;
    }
    cgroup->version = 2;
    cgroup->leaf = parent.leaf;
    cgroup->emptied = parent.leaf != NULL ? xstrdup(parent.path) : NULL;
    cgroup->given = parent.given;
    if (!make_part(cgroup, parent.path, parent.controllers)) {
        parent.controllers = 0;
    }
    free(parent.path);
    return parent.controllers;
}

static unsigned open_split(struct cgroup *cgroup, const struct cgroup_places *places, unsigned wanted)
{
    unsigned have = 0;
    unsigned offered = 0;
    for (size_t i = 0; i < places->count; i++) {
        offered |= places->item[i].controllers;
    }
    /* A quota is for hosts without cpusets. */
    wanted &= (offered & CGROUP_CPUSET) != 0 ? ~(unsigned)CGROUP_CPU : ~0U;
    for (size_t i = 0; i < places->count && cgroup->parts < CGROUP_KINDS; i++) {
        const struct cgroup_place *place = &places->item[i];
        unsigned here = place->controllers & wanted & ~have;
        if (!place->unified && here != 0 && cgroup_is_writable(place->own) && make_part(cgroup, place->own, here)) {
            cgroup->version = 1;
            have |= here;
        }
    }
    return have;
}

static void find_places(struct cgroup_places *ret_places)
{
    auto_release(buf) struct buf mountinfo = {0};
    auto_release(buf) struct buf groups = {0};
    struct err err = {0};
    cgroup_places_release(ret_places);
    if (fs_read_path("/proc/self/mountinfo", 16 << 20, &mountinfo, &err) == 0 &&
        fs_read_path("/proc/self/cgroup", FILE_MOST, &groups, &err) == 0) {
        cgroup_places_parse(buf_text(&mountinfo), buf_text(&groups), ret_places);
    }
}

static unsigned open_any_unified(struct cgroup *cgroup, const struct cgroup_places *places, unsigned wanted)
{
    unsigned have = 0;
    for (size_t i = 0; i < places->count && have == 0; i++) {
        have = places->item[i].unified ? open_unified(cgroup, &places->item[i], wanted) : 0;
    }
    if (have == 0) {
        cgroup_close(cgroup);
    }
    return have;
}

/* Where systemd has all of version 2, root needs no help of it. */
static bool is_worth_asking(const struct cgroup_places *places, unsigned wanted)
{
    bool offered = false;
    for (size_t i = 0; i < places->count; i++) {
        offered |= places->item[i].unified && cgroup_offers(&places->item[i], wanted);
    }
    return offered && geteuid() != 0;
}

unsigned cgroup_open(struct cgroup *cgroup, unsigned wanted, char **ret_why)
{
    struct cgroup_places places = {0};
    char *refusal = NULL;
    *cgroup = (struct cgroup){0};
    find_places(&places);
    unsigned have = open_any_unified(cgroup, &places, wanted);
    if (have == 0) {
        have = open_split(cgroup, &places, wanted);
    }
    if (have == 0 && is_worth_asking(&places, wanted) && cgroup_scope_enter(&refusal)) {
        find_places(&places);
        have = open_any_unified(cgroup, &places, wanted);
    }
    if (have == 0) {
        *ret_why = refusal != NULL     ? steal_ptr(&refusal)
                   : places.count == 0 ? xstrdup("no control groups are mounted here")
                                       : xstrdup("no control group that hands on what is needed can be written here");
    }
    free(refusal);
    cgroup_places_release(&places);
    return have;
}

/* A process that has ended leaves its group when it has been waited for, some time after its other ends are closed. */
static void remove_part(struct cgroup_part *part)
{
    enum { ATTEMPTS = 200 };
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int attempt = 0; attempt < ATTEMPTS && rmdir(part->path) < 0 && errno == EBUSY; attempt++) {
        nanosleep(&pause, NULL);
    }
    close(part->fd);
    free(part->path);
    free(part->parent);
}

void cgroup_close(struct cgroup *cgroup)
{
    for (size_t i = 0; i < cgroup->parts; i++) {
        remove_part(&cgroup->part[i]);
    }
    if (cgroup->leaf != NULL) {
        cgroup_parent_restore(cgroup->emptied, cgroup->given, cgroup->leaf);
    }
    free(cgroup->leaf);
    free(cgroup->emptied);
    *cgroup = (struct cgroup){0};
}

/* ---- its files */

static const struct cgroup_part *part_of(const struct cgroup *cgroup, unsigned controllers)
{
    for (size_t i = 0; i < cgroup->parts; i++) {
        if ((cgroup->part[i].controllers & controllers) != 0) {
            return &cgroup->part[i];
        }
    }
    return NULL;
}

const char *cgroup_path(const struct cgroup *cgroup, unsigned controllers)
{
    const struct cgroup_part *part = part_of(cgroup, controllers);
    return part != NULL ? part->path : NULL;
}

bool cgroup_write_at(int dirfd, const char *file, const char *text)
{
    auto_fd int fd = openat(dirfd, file, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool cgroup_write(const struct cgroup *cgroup, unsigned controller, const char *file, const char *text)
{
    const struct cgroup_part *part = part_of(cgroup, controller);
    errno = ENOENT;
    return part != NULL && cgroup_write_at(part->fd, file, text);
}

/* A file's text, without its last line end. */
static bool read_file(const struct cgroup *cgroup, unsigned controller, const char *file, struct buf *text)
{
    struct err ignored = {0};
    const struct cgroup_part *part = part_of(cgroup, controller);
    return part != NULL && fs_read_at(part->fd, file, FILE_MOST, text, &ignored) == 0;
}

bool cgroup_read(const struct cgroup *cgroup, unsigned controller, const char *file, uint64_t *ret_number)
{
    auto_release(buf) struct buf text = {0};
    if (!read_file(cgroup, controller, file, &text)) {
        return false;
    }
    auto_free char *first = xstrndup(buf_text(&text), strcspn(buf_text(&text), "\n"));
    return text_to_u64(first, 0, UINT64_MAX, ret_number);
}

bool cgroup_read_key(const struct cgroup *cgroup, unsigned controller, const char *file, const char *key,
                     uint64_t *ret_number)
{
    auto_release(buf) struct buf text = {0};
    size_t length = strlen(key);
    if (!read_file(cgroup, controller, file, &text)) {
        return false;
    }
    for (const char *line = buf_text(&text); *line != '\0'; line += *line == '\n') {
        size_t whole = strcspn(line, "\n");
        if (strncmp(line, key, length) == 0 && line[length] == ' ') {
            auto_free char *number = xstrndup(line + length + 1, whole - length - 1);
            return text_to_u64(number, 0, UINT64_MAX, ret_number);
        }
        line += whole;
    }
    return false;
}

char *cgroup_read_parent(const struct cgroup *cgroup, unsigned controller, const char *file)
{
    struct buf text = {0};
    struct err ignored = {0};
    const struct cgroup_part *part = part_of(cgroup, controller);
    auto_free char *path = part != NULL ? xasprintf("%s/%s", part->parent, file) : NULL;
    if (path == NULL || fs_read_path(path, FILE_MOST, &text, &ignored) < 0) {
        return NULL;
    }
    return buf_take(&text);
}
