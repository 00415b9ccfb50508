/* SPDX-License-Identifier: BSD-2-Clause
 * checked: a file that says which inodes of a tree were found to be what the tree index says. */
#include "env/checked.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/auto.h"

static const char magic[16] = "sciwrap-check 1";

struct header {
    char magic[16];
    uint64_t order; /* 1, for the byte order */
    uint64_t count;
    struct digest tree;
    struct checked_stamp index;
};

_Static_assert(sizeof(struct header) == 96 && sizeof(struct checked_record) == 40, "the layout has no padding");

struct checked_stamp checked_stamp_of(const struct stat *st)
{
    return (struct checked_stamp){
        .inode = st->st_ino,
        .changed_s = st->st_ctim.tv_sec,
        .changed_ns = (uint64_t)st->st_ctim.tv_nsec,
        .size = (uint64_t)st->st_size,
    };
}

bool checked_stamp_equal(const struct checked_stamp *a, const struct checked_stamp *b)
{
    return a->inode == b->inode && a->changed_s == b->changed_s && a->changed_ns == b->changed_ns && a->size == b->size;
}

bool checked_stamp_is_settled(const struct checked_stamp *stamp, const struct timespec *now)
{
    const int64_t second = 1000000000;
    const int64_t step_ns = stamp->changed_ns != 0 ? 20000000 : 2 * second;
    /* Beyond ten seconds no sums: a file system can say anything. */
    if (stamp->changed_s > now->tv_sec || stamp->changed_s < now->tv_sec - 10) {
        return stamp->changed_s < now->tv_sec;
    }
    int64_t then_ns = stamp->changed_ns < (uint64_t)second ? (int64_t)stamp->changed_ns : second;
    return (now->tv_sec - stamp->changed_s) * second + now->tv_nsec - then_ns > step_ns;
}

static bool is_whole(const struct header *header, size_t bytes, const struct digest *tree)
{
    return memcmp(header->magic, magic, sizeof(magic)) == 0 && header->order == 1 &&
           (bytes - sizeof(*header)) % sizeof(struct checked_record) == 0 &&
           header->count == (bytes - sizeof(*header)) / sizeof(struct checked_record) &&
           digest_equal(&header->tree, tree);
}

void checked_open(struct checked *checked, int dirfd, const char *name, const struct digest *tree)
{
    struct stat st;
    *checked = (struct checked){0};
    auto_fd int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct header)) {
        return;
    }
    size_t bytes = (size_t)st.st_size;
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return;
    }
    const struct header *header = map;
    if (!is_whole(header, bytes, tree)) {
        munmap(map, bytes);
        return;
    }
    *checked = (struct checked){
        .record = (const struct checked_record *)(header + 1),
        .count = (size_t)header->count,
        .index = header->index,
        .map = map,
        .map_bytes = bytes,
    };
}

static int compare_places(uint64_t inode, uint64_t line, const struct checked_record *record)
{
    if (inode != record->stamp.inode) {
        return inode < record->stamp.inode ? -1 : 1;
    }
    return (line > record->line) - (line < record->line);
}

bool checked_has(const struct checked *checked, const struct checked_stamp *stamp, uint64_t line)
{
    size_t low = 0;
    size_t high = checked->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_places(stamp->inode, line, &checked->record[middle]);
        if (order == 0) {
            return checked_stamp_equal(stamp, &checked->record[middle].stamp);
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

void checked_close(struct checked *checked)
{
    if (checked->map != NULL) {
        munmap(checked->map, checked->map_bytes);
    }
    *checked = (struct checked){0};
}

static int compare_records(const void *a, const void *b)
{
    const struct checked_record *record = a;
    return compare_places(record->stamp.inode, record->line, b);
}

void checked_sort(struct checked_record *record, size_t count)
{
    if (count > 1) {
        qsort(record, count, sizeof(*record), compare_records);
    }
}

void checked_format(struct buf *buf, const struct digest *tree, const struct checked_stamp *index,
                    const struct checked_record *record, size_t count)
{
    struct header header = {.order = 1, .count = count, .tree = *tree, .index = *index};
    memcpy(header.magic, magic, sizeof(magic));
    buf_add(buf, &header, sizeof(header));
    if (count > 0) {
        buf_add(buf, record, count * sizeof(*record));
    }
}
