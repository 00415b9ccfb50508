/* SPDX-License-Identifier: BSD-2-Clause
 * findings_outputs: the part of findings.h about what is different after a run. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/autobind.h"
#include "run/findings.h"
#include "run/names.h"

/* One thing as it is now. */
struct now {
    bool exists;
    int fd; /* O_PATH or -1 */
    struct stat st;
    int64_t born_ns;
};

/* An output whose digest is on its way. */
struct pending {
    struct book_file *page;  /* what stood there before, or NULL */
    struct book_file *inode; /* the first page of the file that stands there now, if that is from before the run */
    size_t item;             /* of the outputs */
};

struct search {
    struct observer *observer;
    const struct setup *setup;
    const struct facts *facts;
    struct file_list *outputs;
    int *base; /* O_PATH of each mount's source, -1 not open yet */
    struct pending *pending;
    size_t pending_count;
    struct strmap moved; /* host paths that something was renamed from */
};

static int base_of(const struct search *search, size_t mount)
{
    if (search->base[mount] < 0) {
        search->base[mount] = open(search->observer->plan->mount[mount].source, O_PATH | O_CLOEXEC);
    }
    return search->base[mount];
}

/* Beneath the bound folder and through no link: what a run leaves in its folders leads nowhere else. */
static int open_at(const struct search *search, size_t mount, const char *host, int flags)
{
    const char *source = search->observer->plan->mount[mount].source;
    const char *below = path_below(host, source);
    int base = base_of(search, mount);
    if (base < 0 || below[0] != '\0') {
        return base < 0 ? -1 : fs_open_beneath(base, below, flags | O_NOFOLLOW | O_CLOEXEC, 0);
    }
    return open(source, flags | O_CLOEXEC);
}

static void look(const struct search *search, size_t mount, const char *host, struct now *now)
{
    struct recorder_target target = {0};
    *now = (struct now){.fd = open_at(search, mount, host, O_PATH)};
    if (now->fd >= 0) {
        now->exists = recorder_describe(now->fd, &target) || target.exists;
        now->st = target.st;
        now->born_ns = target.born_ns;
    }
}

static enum file_type type_of(mode_t mode)
{
    if (S_ISREG(mode)) {
        return FILE_REGULAR;
    }
    if (S_ISDIR(mode)) {
        return FILE_DIRECTORY;
    }
    return S_ISLNK(mode) ? FILE_LINK : FILE_OTHER;
}

/* The outputs' items move when the list grows: pages are remembered by number. */
static void add(struct search *search, const char *host, const struct now *now, enum file_change change,
                struct book_file *page, const char *from)
{
    auto_free char *inside = autobind_inner_path(search->setup, search->facts, host);
    if (inside == NULL || inside[0] == '\0') {
        return;
    }
    struct file_item *item = file_list_add(search->outputs, inside);
    item->host = xstrdup(host);
    item->change = change;
    item->type = type_of(now->exists ? now->st.st_mode : page != NULL ? page->before.st_mode : 0);
    item->mode = (now->exists ? now->st.st_mode : page != NULL ? page->before.st_mode : 0) & 07777;
    item->from = from != NULL ? autobind_inner_path(search->setup, search->facts, from) : NULL;
    if (now->exists && item->type == FILE_LINK) {
        char target[PATH_MAX];
        ssize_t length = readlinkat(now->fd, "", target, sizeof(target));
        item->target = length >= 0 ? xstrndup(target, (size_t)length) : NULL;
    }
    if (now->exists && item->type == FILE_REGULAR) {
        search->pending = xreallocarray(search->pending, search->pending_count + 1, sizeof(*search->pending));
        search->pending[search->pending_count++] =
            (struct pending){.page = change == FILE_MODIFIED ? page : NULL,
                             .inode = book_of(&search->observer->book, &now->st, now->born_ns),
                             .item = search->outputs->count - 1};
    }
}

/* The name that the file which now stands here has left; NULL when it is new, or a further name of a file that still
 * has all of its old ones. */
static struct book_file *origin_of(struct search *search, const char *host, const struct now *now)
{
    struct book_file *page = book_of(&search->observer->book, &now->st, now->born_ns);
    for (; page != NULL; page = page->next_name) {
        struct now there = {.fd = -1};
        if (page->mount == SIZE_MAX || strcmp(page->host, host) == 0) {
            continue;
        }
        look(search, page->mount, page->host, &there);
        bool still_there = there.exists && there.st.st_ino == now->st.st_ino && there.st.st_dev == now->st.st_dev;
        if (there.fd >= 0) {
            close(there.fd);
        }
        if (!still_there) {
            return page;
        }
    }
    return NULL;
}

static void judge_new(struct search *search, size_t mount, const char *host, int depth);

/* What is in a folder that is not the one that stood there before. What has a page has its own turn. Closes the
 * folder before it goes on to those inside: there can be more of them, one in the other, than descriptors. */
static void judge_children(struct search *search, size_t mount, const char *host, struct now *folder, int depth)
{
    enum { DEEPEST = PATH_MAX / 2 };
    struct strlist names = {0};
    struct err ignored = {0};
    if (depth < DEEPEST) {
        (void)fs_list(folder->fd, ".", &names, &ignored);
    }
    close(folder->fd);
    folder->fd = -1;
    for (size_t i = 0; i < names.count; i++) {
        auto_free char *child = xasprintf("%s/%s", host, names.item[i]);
        if (strcmp(names.item[i], SETUP_RECORDS) != 0 && book_at(&search->observer->book, child) == NULL) {
            judge_new(search, mount, child, depth + 1);
        }
    }
    strlist_release(&names);
}

/* Something at a place where nothing was. */
static void judge_new(struct search *search, size_t mount, const char *host, int depth)
{
    struct now now;
    look(search, mount, host, &now);
    if (now.exists) {
        struct book_file *origin = origin_of(search, host, &now);
        if (origin != NULL) {
            strmap_put(&search->moved, origin->host, origin);
        }
        add(search, host, &now, origin != NULL ? FILE_RENAMED : FILE_CREATED, origin,
            origin != NULL ? origin->host : NULL);
        if (S_ISDIR(now.st.st_mode)) {
            judge_children(search, mount, host, &now, depth);
        }
    }
    if (now.fd >= 0) {
        close(now.fd);
    }
}

static bool same_link(const struct book_file *page, int fd)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(fd, "", target, sizeof(target));
    return page->target != NULL && length == (ssize_t)strlen(page->target) &&
           memcmp(target, page->target, (size_t)length) == 0;
}

static void judge_existing(struct search *search, struct book_file *page, struct now *now)
{
    const struct book_file *first = book_first(page);
    bool same_type = (page->before.st_mode & S_IFMT) == (now->st.st_mode & S_IFMT);
    bool same_mode = page->before.st_mode == now->st.st_mode;
    bool same_file = book_is_same_file(page, &now->st, now->born_ns);
    bool new_target = same_type && S_ISLNK(now->st.st_mode) && !same_link(page, now->fd);
    bool new_bytes = S_ISREG(now->st.st_mode) && (first->altered || !same_file);
    if (!same_type) {
        add(search, page->host, now, FILE_MODIFIED, NULL, NULL);
    } else if (new_target || new_bytes) {
        add(search, page->host, now, FILE_MODIFIED, page, NULL); /* unless the digest says otherwise */
    } else if (!same_mode && !S_ISLNK(now->st.st_mode)) {
        add(search, page->host, now, FILE_MODE, page, NULL);
    }
    /* One that was away and is back can hold what was put into it meanwhile. */
    bool moved = page->replaced || !same_file || book_is_below_new(&search->observer->book, page->host);
    if (S_ISDIR(now->st.st_mode) && moved) {
        judge_children(search, page->mount, page->host, now, 0);
    }
}

static void judge(struct search *search, struct book_file *page)
{
    struct now now;
    const struct book_file *first = book_first(page);
    if (page->mount == SIZE_MAX || !(page->touched || first->altered || first->mode_set)) {
        return;
    }
    if (!page->existed) {
        judge_new(search, page->mount, page->host, 0);
        return;
    }
    look(search, page->mount, page->host, &now);
    if (now.exists) {
        judge_existing(search, page, &now);
    }
    if (now.fd >= 0) {
        close(now.fd);
    }
}

/* In a second round: only now is it known what was renamed and what is gone. */
static void judge_gone(struct search *search, struct book_file *page)
{
    struct now now;
    if (!page->touched || !page->existed || page->mount == SIZE_MAX || strmap_get(&search->moved, page->host) != NULL) {
        return;
    }
    look(search, page->mount, page->host, &now);
    if (!now.exists) {
        add(search, page->host, &now, FILE_DELETED, page, NULL);
    }
    if (now.fd >= 0) {
        close(now.fd);
    }
}

struct hash_work {
    struct work work; /* first */
    struct file_item *item;
    int fd;
};

static void run_hash(struct work *work)
{
    struct hash_work *hash = (struct hash_work *)work;
    struct err unread = {0};
    hash->item->has_digest =
        digest_fd(hash->fd, hash->item->path, &hash->item->digest, &hash->item->size, &unread) == 0;
    if (!hash->item->has_digest) {
        log_warn("no digest of the output '%s': %s", hash->item->path, unread.text);
    }
    close(hash->fd);
    free(hash);
}

static size_t mount_of(const struct search *search, const char *host)
{
    size_t best = 0;
    size_t best_length = 0;
    for (size_t i = 0; i < search->observer->plan->mount_count; i++) {
        const char *source = search->observer->plan->mount[i].source;
        if (source != NULL && strlen(source) >= best_length && path_is_under(host, source)) {
            best = i;
            best_length = strlen(source);
        }
    }
    return best;
}

static void hash_item(struct search *search, struct file_item *item)
{
    int fd = open_at(search, mount_of(search, item->host), item->host, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        log_warn("no digest of the output '%s': %s", item->path, strerror(errno));
        return;
    }
    struct hash_work *hash = xcalloc(1, sizeof(*hash));
    *hash = (struct hash_work){.work.run = run_hash, .item = item, .fd = fd};
    workers_give(&search->observer->workers, &hash->work, false);
}

static void hash_all(struct search *search)
{
    size_t given = 0;
    for (size_t i = 0; i < search->pending_count; i++) {
        struct file_item *item = &search->outputs->item[search->pending[i].item];
        const struct book_file *inode = search->pending[i].inode;
        if (inode != NULL && inode->content == BOOK_KNOWN && !inode->altered) {
            item->has_digest = true; /* as it was read */
            item->digest = inode->digest;
            item->size = (uint64_t)inode->before.st_size;
            continue;
        }
        hash_item(search, item);
        if (++given % 256 == 0) { /* each holds a descriptor */
            workers_wait(&search->observer->workers);
        }
    }
    workers_wait(&search->observer->workers);
}

/* What was only moved, and never read, has now been read at its new place. */
static void learn_contents(const struct search *search)
{
    for (size_t i = 0; i < search->pending_count; i++) {
        const struct file_item *item = &search->outputs->item[search->pending[i].item];
        struct book_file *inode = search->pending[i].inode;
        if (inode != NULL && inode->content == BOOK_UNREAD && !inode->altered && item->has_digest) {
            inode->digest = item->digest;
            inode->content = BOOK_KNOWN;
        }
    }
}

/* What was opened for writing, or written anew, and says the same as before, is no output. */
static void drop_equal(struct search *search)
{
    bool *equal = xcalloc(search->outputs->count + 1, sizeof(*equal));
    for (size_t i = 0; i < search->pending_count; i++) {
        const struct pending *pending = &search->pending[i];
        struct file_item *item = &search->outputs->item[pending->item];
        const struct book_file *first = pending->page != NULL ? book_first(pending->page) : NULL;
        if (first == NULL || !item->has_digest || first->content != BOOK_KNOWN ||
            !digest_equal(&item->digest, &first->digest)) {
            continue;
        }
        if ((first->before.st_mode & 07777) == item->mode) {
            equal[pending->item] = true;
        } else {
            item->change = FILE_MODE;
        }
    }
    file_list_drop(search->outputs, equal);
    free(equal);
}

void findings_outputs(struct observer *observer, const struct setup *setup, const struct facts *facts,
                      struct file_list *ret_outputs)
{
    struct search search = {.observer = observer, .setup = setup, .facts = facts, .outputs = ret_outputs};
    size_t mounts = observer->plan->mount_count;
    search.base = xcalloc(mounts + 1, sizeof(*search.base));
    memset(search.base, -1, (mounts + 1) * sizeof(*search.base));
    names_find(observer);
    for (size_t i = 0; i < observer->book.count; i++) {
        judge(&search, observer->book.file[i]);
    }
    for (size_t i = 0; i < observer->book.count; i++) {
        judge_gone(&search, observer->book.file[i]);
    }
    hash_all(&search);
    learn_contents(&search);
    drop_equal(&search);
    for (size_t i = 0; i < mounts; i++) {
        if (search.base[i] >= 0) {
            close(search.base[i]);
        }
    }
    free(search.base);
    free(search.pending);
    strmap_release(&search.moved);
}
