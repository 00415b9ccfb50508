/* SPDX-License-Identifier: BSD-2-Clause
 * verify_cache: the part of verify.h about what is read at the start and written at the end: the index, the unpacker's
 * check, and in the user's store the checks of later runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "env/verify_state.h"

/* An index that is larger than the address space of a small machine is wrong, not big: 5,000,000 entries have 1 GiB. */
#define INDEX_MOST (1ULL << 34)

static int complain_index(const struct verify *verify, const char *what, struct err *err)
{
    return err_set(err, ERR_MISMATCH,
                   "the environment is spoiled: its tree index %s; bring it again with 'sciwrap pull --again %s'", what,
                   verify->env);
}

static int map_index(struct verify *verify, int tree_fd, struct err *err)
{
    struct stat st;
    auto_fd int fd = openat(tree_fd, "index", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return complain_index(verify, strerror(errno), err);
    }
    if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (uint64_t)st.st_size > INDEX_MOST) {
        return complain_index(verify, "is empty or no file", err);
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return err_set_errno(err, ERR_SYSTEM, errno, "map the tree index of '%s'", verify->env);
    }
    verify->tree.text = map;
    verify->tree.length = (size_t)st.st_size;
    verify->stamp = checked_stamp_of(&st);
    return 0;
}

/* All that is said about entries rests on the index. Its own digest is taken once for each copy of a tree. */
static int check_index(struct verify *verify, struct err *err)
{
    struct digest digest;
    struct timespec now;
    if (checked_stamp_equal(&verify->first.index, &verify->stamp) ||
        checked_stamp_equal(&verify->later.index, &verify->stamp)) {
        return 0;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    digest_bytes(verify->tree.text, verify->tree.length, &digest);
    if (!digest_equal(&digest, &verify->digest)) {
        return complain_index(verify, "was changed", err);
    }
    verify->dirty = !verify->forget && checked_stamp_is_settled(&verify->stamp, &now);
    return 0;
}

static void open_cache(struct verify *verify)
{
    struct err ignored = {0}; /* without a cache there is more to read, and nothing else */
    if (store_open(&verify->store, &ignored) < 0) {
        verify->store = (struct store){.fd = -1};
    }
    if (verify->store.fd >= 0) {
        auto_free char *name = xasprintf("verified/%s", verify->hex);
        checked_open(&verify->later, verify->store.fd, name, &verify->digest);
    }
}

struct verify *verify_open(const struct store_tree *tree, const char *env, struct err *err)
{
    struct verify *verify = xcalloc(1, sizeof(*verify));
    verify->env = xstrdup(env);
    verify->site = tree->site;
    verify->digest = tree->tree;
    verify->store.fd = -1;
    verify->upper = -1;
    verify->named_most = VERIFY_NAMED_MOST;
    digest_to_hex(&tree->artifact, verify->hex);
    pthread_mutex_init(&verify->lock, NULL);
    pthread_mutex_init(&verify->covers_lock, NULL);
    verify->tree.rootfs = openat(tree->fd, "rootfs", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int result = 0;
    if (verify->tree.rootfs < 0) {
        result = err_set_errno(err, ERR_MISMATCH, errno, "the root file system of '%s' in the store", env);
    }
    if (result == 0) {
        checked_open(&verify->first, tree->fd, "checked", &verify->digest);
        open_cache(verify);
        result = map_index(verify, tree->fd, err);
    }
    if (result == 0) {
        result = check_index(verify, err);
    }
    if (result < 0) {
        verify_close(verify);
        return NULL;
    }
    return verify;
}

int verify_thoroughly(struct verify *verify, bool distrust, struct err *err)
{
    verify->named_most = SIZE_MAX;
    if (!distrust) {
        return 0;
    }
    verify->forget = true;
    checked_close(&verify->first);
    checked_close(&verify->later);
    return check_index(verify, err);
}

static int compare_lines(const void *a, const void *b)
{
    const struct checked_record *first = a;
    const struct checked_record *second = b;
    return (first->line > second->line) - (first->line < second->line);
}

/* One record a line, the new one where there are two: a store that is copied again and again must not make it grow. */
static size_t keep_newest(struct checked_record *record, size_t old, size_t found)
{
    struct checked_record *ours = record + old;
    size_t kept = 0;
    qsort(ours, found, sizeof(*ours), compare_lines);
    for (size_t i = 0; i < old; i++) {
        if (found == 0 || bsearch(&record[i], ours, found, sizeof(*ours), compare_lines) == NULL) {
            record[kept++] = record[i];
        }
    }
    memmove(record + kept, ours, found * sizeof(*ours));
    return kept + found;
}

static int write_cache(const struct verify *verify, const struct checked *old, struct err *err)
{
    auto_release(buf) struct buf bytes = {0};
    size_t count = old->count + verify->found_count;
    auto_free struct checked_record *record = xreallocarray(NULL, count + 1, sizeof(*record));
    if (old->count > 0) {
        memcpy(record, old->record, old->count * sizeof(*record));
    }
    if (verify->found_count > 0) {
        memcpy(record + old->count, verify->found, verify->found_count * sizeof(*record));
        count = keep_newest(record, old->count, verify->found_count);
    }
    checked_sort(record, count);
    checked_format(&bytes, &verify->digest, &verify->stamp, record, count);
    auto_fd int folder = openat(verify->store.fd, "verified", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the folder 'verified' of the store");
    }
    return fs_write_atomic(folder, verify->hex, 0644, bytes.bytes, bytes.length, err);
}

void verify_save(struct verify *verify)
{
    struct checked old = {0};
    struct store store = {.fd = -1};
    struct err err = {0};
    if (!verify->dirty) {
        return;
    }
    verify->dirty = false;
    int result = store_open_writable(&store, &err);
    if (result == 0) {
        /* Read again: another run may have finished since. Of two that finish now one is lost, and found again. */
        auto_free char *name = xasprintf("verified/%s", verify->hex);
        store_close(&verify->store);
        verify->store = store;
        checked_open(&old, store.fd, name, &verify->digest);
        result = write_cache(verify, &old, &err);
        checked_close(&old);
    }
    if (result < 0) {
        log_debug("what was found to be good is not remembered: %s", err.text);
    }
    verify->found_count = 0;
}

void verify_refresh(struct verify *verify)
{
    if (!verify->dirty) {
        return;
    }
    verify_save(verify);
    checked_close(&verify->later);
    if (verify->store.fd >= 0) {
        auto_free char *name = xasprintf("verified/%s", verify->hex);
        checked_open(&verify->later, verify->store.fd, name, &verify->digest);
    }
}

void verify_close(struct verify *verify)
{
    if (verify == NULL) {
        return;
    }
    checked_close(&verify->first);
    checked_close(&verify->later);
    if (verify->tree.text != NULL) {
        munmap((void *)(uintptr_t)verify->tree.text, verify->tree.length);
    }
    if (verify->tree.rootfs >= 0) {
        close(verify->tree.rootfs);
    }
    if (verify->upper >= 0) {
        close(verify->upper);
    }
    store_close(&verify->store);
    strlist_release(&verify->covered);
    strset_release(&verify->done);
    strset_release(&verify->spoiled_once);
    strlist_release(&verify->spoiled);
    strlist_release(&verify->why);
    free(verify->found);
    free(verify->env);
    strset_release(&verify->folders);
    pthread_mutex_destroy(&verify->lock);
    pthread_mutex_destroy(&verify->covers_lock);
    free(verify);
}
