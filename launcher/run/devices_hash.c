/* SPDX-License-Identifier: BSD-2-Clause
 * devices_hash: the digests of the host's files that come in with devices. */
#include "run/devices_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/quote.h"
#include "run/digest_cache.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int hash_file(struct digest_cache *cache, struct devices_file *file, struct err *err)
{
    struct stat before;
    struct stat after;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    auto_fd int fd = open(file->host, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &before) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "it could not be read");
    }
    if (!digest_cache_find(cache, &before, &file->digest)) {
        if (digest_fd(fd, file->host, &file->digest, NULL, err) < 0) {
            return -1;
        }
        if (fstat(fd, &after) < 0 || !is_same(&before, &after)) {
            return err_set(err, ERR_MISMATCH, "it was changed while the run went on");
        }
        digest_cache_add(cache, &before, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, &file->digest);
    }
    file->size = (uint64_t)before.st_size;
    file->has_digest = true;
    return 0;
}

static void *hash_all(void *context)
{
    struct devices_hash *hash = context;
    struct digest_cache cache;
    digest_cache_begin(&cache);
    for (size_t i = 0; i < hash->devices->file_count; i++) {
        struct devices_file *file = &hash->devices->file[i];
        struct err err = {0};
        if (file->kind < DEVICES_DIRECTORY && hash_file(&cache, file, &err) < 0) {
            auto_release(buf) struct buf name = {0};
            quote_escape(&name, file->path);
            strlist_addf(&hash->gaps, "'%s' of the devices has no digest: %s", buf_text(&name), err.text);
        }
    }
    digest_cache_end(&cache);
    return NULL;
}

void devices_hash_start(struct devices_hash *hash, struct devices *devices)
{
    *hash = (struct devices_hash){.devices = devices};
    if (devices->file_count == 0) {
        return;
    }
    hash->started = pthread_create(&hash->thread, NULL, hash_all, hash) == 0;
    if (!hash->started) {
        (void)hash_all(hash);
    }
}

void devices_hash_finish(struct devices_hash *hash, struct strlist *ret_gaps)
{
    if (hash->started) {
        pthread_join(hash->thread, NULL);
        hash->started = false;
    }
    for (size_t i = 0; i < hash->gaps.count; i++) {
        strlist_add(ret_gaps, hash->gaps.item[i]);
    }
    strlist_release(&hash->gaps);
}
