/* SPDX-License-Identifier: BSD-2-Clause
 * catalog_cache: the file `.sciwrap/catalog` of run/catalog. */
#include "run/catalog_cache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strlist.h"

#define CACHE_NAME "catalog"

enum {
    CACHE_MOST = 1024 * 1024 * 1024, /* a million runs; what is larger is read from the manifests */
    STALE_S = 3600,
};

struct header {
    char magic[24];
    uint64_t order; /* as this machine writes numbers */
    struct digest check;
};

static const struct header header_now = {.magic = "sciwrap-catalog 2\n", .order = UINT64_C(0x0102030405060708)};

/* Read and not mapped: a map of a file that another program cuts ends this one with SIGBUS. */
static bool read_cache(int project_fd, struct buf *bytes)
{
    struct err ignored = {0};
    struct stat st;
    auto_fd int fd = openat(project_fd, CACHE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > CACHE_MOST) {
        return false;
    }
    buf_reserve(bytes, (size_t)st.st_size);
    return fs_read_fd(fd, CACHE_NAME, CACHE_MOST, bytes, &ignored) == 0;
}

static bool is_whole(const struct buf *bytes)
{
    struct header header;
    struct digest check;
    if (bytes->length < sizeof(header)) {
        return false;
    }
    memcpy(&header, bytes->bytes, sizeof(header));
    digest_bytes(bytes->bytes + sizeof(header), bytes->length - sizeof(header), &check);
    return memcmp(header.magic, header_now.magic, sizeof(header.magic)) == 0 && header.order == header_now.order &&
           digest_equal(&header.check, &check);
}

static bool read_entries(struct catalog_cache *cache)
{
    size_t capacity = 0;
    const char *at = cache->bytes.bytes + sizeof(struct header);
    const char *end = cache->bytes.bytes + cache->bytes.length;
    while (at < end) {
        if (cache->count == capacity) {
            capacity = capacity == 0 ? 256 : capacity * 2;
            cache->run = xreallocarray(cache->run, capacity, sizeof(*cache->run));
        }
        struct catalog_run *run = &cache->run[cache->count];
        if (!catalog_entry_read(&at, end, run) || (cache->count > 0 && strcmp(run[-1].id, run->id) >= 0)) {
            return false;
        }
        cache->count++;
    }
    return true;
}

void catalog_cache_load(struct catalog_cache *cache, int project_fd)
{
    *cache = (struct catalog_cache){0};
    if (!read_cache(project_fd, &cache->bytes) || !is_whole(&cache->bytes) || !read_entries(cache)) {
        cache->count = 0;
    }
}

void catalog_cache_release(struct catalog_cache *cache)
{
    buf_release(&cache->bytes);
    free(cache->run);
    *cache = (struct catalog_cache){0};
}

/* What a killed writer left behind. */
static void remove_stale(int project_fd)
{
    struct strlist names = {0};
    struct err ignored = {0};
    (void)fs_list(project_fd, ".", &names, &ignored);
    for (size_t i = 0; i < names.count; i++) {
        struct stat st;
        if (strncmp(names.item[i], "." CACHE_NAME ".", sizeof(CACHE_NAME) + 1) == 0 &&
            fstatat(project_fd, names.item[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime < time(NULL) - STALE_S) {
            (void)unlinkat(project_fd, names.item[i], 0);
        }
    }
    strlist_release(&names);
}

void catalog_cache_save(int project_fd, const struct buf *entries)
{
    struct header header = header_now;
    struct err ignored = {0};
    auto_release(buf) struct buf bytes = {0};
    if (entries->length > CACHE_MOST - sizeof(header)) {
        return;
    }
    digest_bytes(buf_text(entries), entries->length, &header.check);
    buf_add(&bytes, &header, sizeof(header));
    buf_add(&bytes, buf_text(entries), entries->length);
    if (fs_write_atomic(project_fd, CACHE_NAME, 0666, bytes.bytes, bytes.length, &ignored) == 0) {
        remove_stale(project_fd);
    }
}
