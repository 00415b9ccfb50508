/* SPDX-License-Identifier: BSD-2-Clause
 * blob_check: whether the blobs of a store still have the bytes that their names say. Each thread takes the next blob,
 * the largest first: then none is left with a large one when the others have finished. */
#include "env/blob_check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/digest.h"
#include "base/mem.h"
#include "env/verify.h"

enum { THREADS_MOST = 64 };

struct work {
    const struct store *store;
    const struct content **blob;
    size_t count;
    _Atomic size_t next;
    _Atomic uint64_t bytes;
    pthread_mutex_t lock; /* of reports */
    blob_report report;
    void *into;
};

static void tell(struct work *work, const struct content *blob, const char *why)
{
    pthread_mutex_lock(&work->lock);
    work->report(work->into, blob, why);
    pthread_mutex_unlock(&work->lock);
}

static void check(struct work *work, const struct content *blob)
{
    struct stat st;
    struct digest digest;
    struct err err = {0};
    uint64_t size = 0;
    auto_free char *path = content_path(blob);
    auto_fd int fd = openat(work->store->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return;
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_set_errno(&err, ERR_SYSTEM, errno, "cannot be opened");
    } else if (!S_ISREG(st.st_mode)) {
        err_set(&err, ERR_SYSTEM, "is no file");
    } else {
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        (void)digest_fd(fd, path, &digest, &size, &err);
    }
    atomic_fetch_add(&work->bytes, size);
    if (err.kind != ERR_NONE) {
        tell(work, blob, err.text);
    } else if (!digest_equal(&digest, &blob->digest)) {
        tell(work, blob, "has other content");
    }
}

static void *check_blobs(void *argument)
{
    struct work *work = argument;
    size_t at;
    while ((at = atomic_fetch_add(&work->next, 1)) < work->count) {
        check(work, work->blob[at]);
    }
    return NULL;
}

static int largest_first(const void *a, const void *b)
{
    const struct content *first = *(const struct content *const *)a;
    const struct content *second = *(const struct content *const *)b;
    return (first->bytes < second->bytes) - (first->bytes > second->bytes);
}

void blob_check(const struct store *store, const struct contents *contents, blob_report report, void *into,
                uint64_t *bytes)
{
    struct work work = {.store = store, .report = report, .into = into, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread[THREADS_MOST];
    size_t started = 0;
    auto_free const struct content **blob = xreallocarray(NULL, contents->count + 1, sizeof(*blob));
    for (size_t i = 0; i < contents->count; i++) {
        if (contents->item[i].kind == CONTENT_BLOB) {
            blob[work.count++] = &contents->item[i];
        }
    }
    qsort(blob, work.count, sizeof(*blob), largest_first);
    work.blob = blob;
    size_t wanted = verify_threads() < work.count ? verify_threads() : work.count;
    while (started + 1 < wanted && pthread_create(&thread[started], NULL, check_blobs, &work) == 0) {
        started++;
    }
    check_blobs(&work);
    for (size_t i = 0; i < started; i++) {
        pthread_join(thread[i], NULL);
    }
    *bytes += work.bytes;
}
