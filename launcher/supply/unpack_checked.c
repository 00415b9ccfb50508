/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_checked: notes the state of every inode of a tree that has just been written and hashed. */
#include "supply/unpack_checked.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/checked.h"

/* Whether `a` has the later change time. */
static bool is_later(const struct checked_stamp *a, const struct checked_stamp *b)
{
    return a->changed_s != b->changed_s ? a->changed_s > b->changed_s : a->changed_ns > b->changed_ns;
}

static int stamp_all(int root_fd, const struct listing *listing, const uint64_t *line, struct checked_record *record,
                     struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        struct stat st;
        const char *path = i == 0 ? "." : listing->record[i].path;
        if (listing->record[i].type == '\0') {
            continue;
        }
        if (fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "look at '%s' after it was written", path);
        }
        record[count++] = (struct checked_record){.stamp = checked_stamp_of(&st), .line = line[i]};
    }
    return 0;
}

/* The clock of this file system, by the change time that the open file `fd` gets from it. */
static int read_clock(int fd, struct checked_stamp *ret_clock)
{
    struct stat st;
    if (futimens(fd, NULL) < 0 || fstat(fd, &st) < 0) {
        return -1;
    }
    *ret_clock = checked_stamp_of(&st);
    return 0;
}

/* Waits until the clock has gone on since the last change: who changes a file from then on changes its change time. The
 * clock goes in ticks of at most 10 ms; where it goes in seconds, what is younger is left out. */
static size_t drop_unsettled(int fd, struct checked_stamp *index, struct checked_record *record, size_t count)
{
    enum { TRIES = 20 };
    const struct timespec tick = {.tv_nsec = 1000000};
    struct checked_stamp newest = *index;
    struct checked_stamp clock = {0};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        newest = is_later(&record[i].stamp, &newest) ? record[i].stamp : newest;
    }
    for (int i = 0; i < TRIES && read_clock(fd, &clock) == 0 && !is_later(&clock, &newest); i++) {
        nanosleep(&tick, NULL);
    }
    *index = is_later(&clock, index) ? *index : (struct checked_stamp){0};
    for (size_t i = 0; i < count; i++) {
        if (is_later(&clock, &record[i].stamp)) {
            record[kept++] = record[i];
        }
    }
    return kept;
}

int unpack_note_checked(int stage_fd, int root_fd, const struct listing *listing, const uint64_t *line,
                        const struct digest *index, struct err *err)
{
    struct stat st;
    auto_release(buf) struct buf bytes = {0};
    auto_free struct checked_record *record = xreallocarray(NULL, listing->count, sizeof(*record));
    if (stamp_all(root_fd, listing, line, record, err) < 0) {
        return -1;
    }
    if (fstatat(stage_fd, "index", &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "look at the tree's index after it was written");
    }
    auto_fd int fd = openat(stage_fd, "checked", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the file 'checked' of the tree");
    }
    struct checked_stamp index_stamp = checked_stamp_of(&st);
    size_t count = drop_unsettled(fd, &index_stamp, record, listing->count - listing->forgotten);
    checked_sort(record, count);
    checked_format(&bytes, index, &index_stamp, record, count);
    return fs_write_fd(fd, "checked", bytes.bytes, bytes.length, err);
}
