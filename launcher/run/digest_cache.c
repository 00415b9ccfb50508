/* SPDX-License-Identifier: BSD-2-Clause
 * digest_cache: digests of large files, remembered from run to run. */
#include "run/digest_cache.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/mem.h"

/* As it is in the file, in the machine's own byte order: a cache does not travel. */
struct digest_cache_record {
    uint64_t device, inode, size;
    int64_t mtime_s, mtime_ns, ctime_s, ctime_ns;
    unsigned char digest[DIGEST_BYTES];
    unsigned char check[8]; /* of sha256 over all of the above */
};

enum { BYTES_MOST = 16 << 20, KEY = 40, CHECKED = offsetof(struct digest_cache_record, check) };

#define RACY_NS ((int64_t)2000000000)

static void make_check(const struct digest_cache_record *record, unsigned char check[8])
{
    struct digest digest;
    digest_bytes(record, CHECKED, &digest);
    memcpy(check, digest.bytes, 8);
}

static void make_key(uint64_t device, uint64_t inode, char key[KEY])
{
    snprintf(key, KEY, "%llx:%llx", (unsigned long long)device, (unsigned long long)inode);
}

static struct digest_cache_record record_of(const struct stat *st, const struct digest *digest)
{
    struct digest_cache_record record = {
        .device = st->st_dev,
        .inode = st->st_ino,
        .size = (uint64_t)st->st_size,
        .mtime_s = st->st_mtim.tv_sec,
        .mtime_ns = st->st_mtim.tv_nsec,
        .ctime_s = st->st_ctim.tv_sec,
        .ctime_ns = st->st_ctim.tv_nsec,
    };
    memcpy(record.digest, digest->bytes, DIGEST_BYTES);
    make_check(&record, record.check);
    return record;
}

static char *cache_path(void)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (cache != NULL && cache[0] == '/') {
        return xasprintf("%s/sciwrap/digests", cache);
    }
    return home != NULL && home[0] == '/' ? xasprintf("%s/.cache/sciwrap/digests", home) : NULL;
}

void digest_cache_begin(struct digest_cache *cache)
{
    *cache = (struct digest_cache){0};
    pthread_mutex_init(&cache->lock, NULL);
}

/* The later of two records of one file counts. The lock is held. */
static void load(struct digest_cache *cache)
{
    struct err ignored = {0};
    auto_release(buf) struct buf text = {0};
    cache->loaded = true;
    cache->path = cache_path();
    if (cache->path == NULL || fs_read_path(cache->path, (size_t)2 * BYTES_MOST, &text, &ignored) < 0) {
        return;
    }
    size_t count = text.length / sizeof(*cache->record);
    cache->record = xreallocarray(NULL, count + 1, sizeof(*cache->record));
    memcpy(cache->record, buf_text(&text), count * sizeof(*cache->record));
    for (size_t i = 0; i < count; i++) {
        char key[KEY];
        unsigned char check[8];
        make_check(&cache->record[i], check);
        if (memcmp(check, cache->record[i].check, sizeof(check)) == 0) {
            make_key(cache->record[i].device, cache->record[i].inode, key);
            strmap_put(&cache->by_inode, key, &cache->record[i]);
        }
    }
}

bool digest_cache_find(struct digest_cache *cache, const struct stat *st, struct digest *ret_digest)
{
    char key[KEY];
    if (st->st_size < DIGEST_CACHE_LEAST) {
        return false;
    }
    lock_take(&cache->lock);
    if (!cache->loaded) {
        load(cache);
    }
    make_key(st->st_dev, st->st_ino, key);
    const struct digest_cache_record *record = strmap_get(&cache->by_inode, key);
    bool found = false;
    if (record != NULL) {
        struct digest digest;
        memcpy(digest.bytes, record->digest, DIGEST_BYTES);
        struct digest_cache_record wanted = record_of(st, &digest);
        found = memcmp(record, &wanted, CHECKED) == 0;
        *ret_digest = found ? digest : *ret_digest;
        cache->reused += found;
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

/* Leaves the younger half when the file has grown too long. What others add meanwhile is lost, and read once more. */
static void shorten(const char *path)
{
    struct err ignored = {0};
    auto_release(buf) struct buf text = {0};
    auto_free char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fs_read_path(path, (size_t)2 * BYTES_MOST, &text, &ignored) < 0) {
        return;
    }
    size_t records = text.length / sizeof(struct digest_cache_record);
    size_t from = records / 2 * sizeof(struct digest_cache_record);
    (void)fs_write_atomic(fd, strrchr(path, '/') + 1, 0600, buf_text(&text) + from, text.length - from, &ignored);
}

static void append(const char *path, const struct digest_cache_record *record)
{
    struct stat st;
    struct err ignored = {0};
    auto_free char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    if (fs_make_dirs(folder, 0700, &ignored) < 0) {
        return;
    }
    auto_fd int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return;
    }
    /* A part of a record that a crash has left would shift all that follow. */
    off_t torn = st.st_size % (off_t)sizeof(*record);
    if (torn != 0 && ftruncate(fd, st.st_size - torn) < 0) {
        return;
    }
    (void)!write(fd, record, sizeof(*record));
    if (st.st_size > BYTES_MOST) {
        shorten(path);
    }
}

void digest_cache_add(struct digest_cache *cache, const struct stat *st, int64_t read_at_ns,
                      const struct digest *digest)
{
    int64_t changed_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
    if (st->st_size < DIGEST_CACHE_LEAST || read_at_ns - changed_ns < RACY_NS) {
        return;
    }
    struct digest_cache_record record = record_of(st, digest);
    lock_take(&cache->lock);
    if (!cache->loaded) {
        load(cache);
    }
    if (cache->path != NULL) {
        append(cache->path, &record);
    }
    pthread_mutex_unlock(&cache->lock);
}

void digest_cache_end(struct digest_cache *cache)
{
    free(cache->path);
    free(cache->record);
    strmap_release(&cache->by_inode);
    pthread_mutex_destroy(&cache->lock);
}
