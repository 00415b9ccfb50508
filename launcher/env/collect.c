/* SPDX-License-Identifier: BSD-2-Clause
 * collect: takes out of one store what nobody needs. */
#include "env/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "env/discard.h"
#include "env/garbage.h"
#include "env/roots.h"
#include "env/sharing.h"

enum { DAY_S = 24 * 60 * 60, STEP_NS = 10000000 };

/* Shared by those who bring something, exclusive for who removes blobs. */
static const char blobs_lock[] = "locks/blobs";

static int lock_blobs(const struct store *store, int operation, int tries)
{
    auto_fd int fd = openat(store->fd, blobs_lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    for (int i = 0; fd >= 0 && i < tries; i++) {
        if (flock(fd, operation | LOCK_NB) == 0) {
            return steal_fd(&fd);
        }
        if (errno != EWOULDBLOCK) {
            return -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
    }
    errno = fd >= 0 ? EWOULDBLOCK : errno;
    return -1;
}

int collect_keep_blobs(const struct store *store)
{
    enum { TRIES = 6000 }; /* a minute: nobody hangs because a lock server does; then it is only that a blob may go */
    return sharing_is_network(store->fd) ? -1 : lock_blobs(store, LOCK_SH, TRIES);
}

/* Where locks say nothing the age does: nothing is on its way for a day. */
static bool blob_is_fresh(const struct store *store, const struct content *content)
{
    return discard_now(store) - content->used < DAY_S;
}

static enum collect_fate remove_blob(const struct store *store, const struct content *content, bool dry_run, int tries,
                                     struct strlist *users, struct err *err)
{
    bool network = sharing_is_network(store->fd);
    auto_fd int lock = network ? -1 : lock_blobs(store, LOCK_EX, tries);
    if (network ? blob_is_fresh(store, content) : lock < 0 && errno == EWOULDBLOCK) {
        strlist_add(users, network ? "a process that brings an environment, perhaps: it came within the last day"
                                   : "a process that brings an environment");
        return COLLECT_IN_USE;
    }
    auto_free char *path = content_path(content);
    if (!dry_run && unlinkat(store->fd, path, 0) < 0 && errno != ENOENT) {
        err_set_errno(err, ERR_SYSTEM, errno, "remove '%s/%s'", store->path, path);
        return COLLECT_FAILED;
    }
    return COLLECT_GONE;
}

static enum collect_fate remove_tree(const struct store *store, const struct content *content, bool dry_run,
                                     struct strlist *users, struct err *err)
{
    enum discard outcome;
    if (dry_run) {
        return discard_is_in_use(store, &content->digest, users) ? COLLECT_IN_USE : COLLECT_GONE;
    }
    if (discard_tree(store, &content->digest, users, &outcome, err) < 0) {
        return COLLECT_FAILED;
    }
    return outcome == DISCARD_IN_USE ? COLLECT_IN_USE : outcome == DISCARD_LATER ? COLLECT_LATER : COLLECT_GONE;
}

/* Until a pull that is about to end has ended. */
enum { BLOB_TRIES = 10 };

enum collect_fate collect_one(const struct store *store, const struct content *content, bool dry_run,
                              struct strlist *users, struct err *err)
{
    return content->kind == CONTENT_TREE ? remove_tree(store, content, dry_run, users, err)
                                         : remove_blob(store, content, dry_run, BLOB_TRIES, users, err);
}

/* ---- everything that a policy condemns */

struct collection {
    const struct store *store;
    const struct collect_policy *policy;
    collect_report report;
    void *into;
    struct collect_sum *sum;
    uint64_t total;  /* bytes of what is there */
    bool blobs_busy; /* somebody brings something: not to be waited for again at each blob */
    time_t now;
};

static bool is_condemned(const struct collection *collection, const struct content *content)
{
    const struct collect_policy *policy = collection->policy;
    /* A clock that was set back makes ages negative: such a thing is new. */
    uint64_t age = collection->now > content->used ? (uint64_t)(collection->now - content->used) : 0;
    if (!content->complete) {
        /* Torn by a power cut. Or another host has only just written it: env/store.h, "After a power cut". */
        return age >= DAY_S;
    }
    return (policy->by_age && age >= policy->older_than_s) ||
           (policy->by_size && collection->total > policy->keep_bytes);
}

static char *join(const struct strlist *users, const struct err *err)
{
    struct buf text = {0};
    buf_add_text(&text, err->text);
    for (size_t i = 0; i < users->count; i++) {
        buf_addf(&text, "%s%s", i > 0 ? ", " : "", users->item[i]);
    }
    return buf_take(&text);
}

static void consider(struct collection *collection, const struct content *content)
{
    struct err err = {0};
    struct collect_sum *sum = collection->sum;
    auto_release(strlist) struct strlist users = {0};
    if (!is_condemned(collection, content)) {
        return;
    }
    bool dry_run = collection->policy->dry_run;
    enum collect_fate fate =
        content->kind == CONTENT_TREE
            ? remove_tree(collection->store, content, dry_run, &users, &err)
            : remove_blob(collection->store, content, dry_run, collection->blobs_busy ? 1 : BLOB_TRIES, &users, &err);
    collection->blobs_busy |= content->kind == CONTENT_BLOB && fate == COLLECT_IN_USE;
    auto_free char *why = join(&users, &err);
    if (fate == COLLECT_GONE || fate == COLLECT_LATER) {
        collection->total -= content->bytes;
        sum->bytes += content->bytes;
        sum->trees += content->kind == CONTENT_TREE;
        sum->blobs += content->kind == CONTENT_BLOB;
    }
    sum->in_use += fate == COLLECT_IN_USE;
    sum->failed += fate == COLLECT_FAILED;
    collection->report(collection->into, content, fate, why);
}

/* What was remembered of checks is of no use without the tree. Only a saving, so that nothing is asked twice. */
static void forget_checks(const struct store *store)
{
    auto_release(strlist) struct strlist names = {0};
    struct err ignored = {0};
    if (fs_list(store->fd, "verified", &names, &ignored) < 0) {
        return;
    }
    for (size_t i = 0; i < names.count; i++) {
        struct digest artifact;
        struct store_tree tree = {.fd = -1};
        auto_free char *path = xasprintf("verified/%s", names.item[i]);
        if (digest_from_hex(names.item[i], &artifact) && store_find_tree(store, &artifact, &tree, &ignored) == 0) {
            unlinkat(store->fd, path, 0);
        }
        store_tree_release(&tree);
    }
}

int collect(const struct store *store, const struct collect_policy *policy, collect_report report, void *into,
            struct collect_sum *sum, struct err *err)
{
    struct contents contents = {0};
    struct collection collection = {.store = store, .policy = policy, .report = report, .into = into, .sum = sum};
    if (store->fd < 0) {
        return 0;
    }
    if (contents_read(store, &contents, err) < 0) {
        return -1;
    }
    collection.now = discard_now(store);
    for (size_t i = 0; i < contents.count; i++) {
        collection.total += contents.item[i].bytes;
    }
    for (size_t i = 0; i < contents.count; i++) {
        consider(&collection, &contents.item[i]);
    }
    contents_release(&contents);
    sum->leftovers += garbage_remove(store, policy->dry_run, &sum->bytes);
    if (!policy->dry_run) {
        roots_remove_stale(store->fd, collection.now);
        forget_checks(store);
    }
    return 0;
}
