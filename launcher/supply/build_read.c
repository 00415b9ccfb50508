/* SPDX-License-Identifier: BSD-2-Clause
 * build_read: reads many packages of the store at once. */
#include "supply/build_read.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/auto.h"

/* Beyond 8 threads the disk is what is waited for, and each holds a decompressor's window. */
enum { JOBS_MOST = 8 };

struct reading {
    struct build_package *package;
    size_t count;
    atomic_size_t next;
    const struct store *store;
    struct spool *spool;
};

static int read_package(const struct reading *reading, struct build_package *package)
{
    auto_fd int fd = store_open_blob(reading->store, &package->sha256, &package->err);
    if (fd < 0) {
        return -1;
    }
    if (package->is_tar) {
        return deb_read_tar(fd, &package->choice, reading->spool, &package->entries, &package->err);
    }
    return deb_read(fd, &package->choice, reading->spool, &package->entries, &package->control, &package->err);
}

static void *work(void *user)
{
    struct reading *reading = user;
    for (;;) {
        size_t i = atomic_fetch_add(&reading->next, 1);
        if (i >= reading->count) {
            return NULL;
        }
        if (read_package(reading, &reading->package[i]) < 0) {
            atomic_store(&reading->next, reading->count);
        }
    }
}

static unsigned default_jobs(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

int build_read(struct build_package *packages, size_t count, unsigned jobs, const struct store *store,
               struct spool *spool, struct err *err)
{
    struct reading reading = {.package = packages, .count = count, .store = store, .spool = spool};
    pthread_t thread[JOBS_MOST];
    size_t threads = 0;
    jobs = jobs == 0 ? default_jobs() : jobs;
    jobs = jobs > JOBS_MOST ? JOBS_MOST : jobs;
    atomic_init(&reading.next, 0);
    /* This thread works too; a host that gives no more threads only makes it slower. */
    while (threads + 1 < jobs && pthread_create(&thread[threads], NULL, work, &reading) == 0) {
        threads++;
    }
    work(&reading);
    for (size_t i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
    }
    for (size_t i = 0; i < count; i++) {
        if (packages[i].err.kind != ERR_NONE) {
            *err = packages[i].err;
            return -1;
        }
    }
    return 0;
}
