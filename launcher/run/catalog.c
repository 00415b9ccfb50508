/* SPDX-License-Identifier: BSD-2-Clause
 * catalog: what lists of runs need to know of every run of a project. */
#include "run/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "run/catalog_cache.h"
#include "run/manifest.h"

enum {
    THREADS_MOST = 8,
    RUNS_A_WORKER = 128,
    NAMED_MOST = 4,
    /* Reading so many manifests takes a millisecond or two: writing the cache for less would cost more than it saves,
     * and a small project gets none at all. */
    WORTH_RUNS = 64,
    WORTH_BYTES = 4 * 1024 * 1024,
};

/* File systems keep times as coarsely as 2 s (vfat), and most as coarsely as a tick of the kernel. */
static const uint64_t settled_ns = UINT64_C(3000000000);

enum item_state { ITEM_ABSENT, ITEM_CACHED, ITEM_READ, ITEM_UNREADABLE };

/* One folder of .sciwrap/runs. */
struct item {
    const char *id;
    const struct catalog_run *cached; /* what the cache has of it, or NULL */
    enum item_state state;
    size_t at; /* ITEM_READ: where in the worker's entries */
};

/* Looks after some of the items, in a thread of its own. */
struct catalog_worker {
    int runs_fd;
    struct item *item;
    size_t items;
    struct buf entries;
    uint64_t bytes_read;
};

static int open_manifest(int runs_fd, const char *id, struct stat *st)
{
    char name[RUN_ID_LENGTH + sizeof("/" MANIFEST_NAME)];
    memcpy(name, id, RUN_ID_LENGTH);
    memcpy(name + RUN_ID_LENGTH, "/" MANIFEST_NAME, sizeof("/" MANIFEST_NAME));
    if (st != NULL) {
        return fstatat(runs_fd, name, st, 0);
    }
    /* O_NONBLOCK: a FIFO put in the place of the file must not hold the program. */
    return openat(runs_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static enum item_state read_item(struct catalog_worker *worker, struct item *item, struct buf *text)
{
    struct err unread = {0};
    struct stat st;
    auto_fd int fd = open_manifest(worker->runs_fd, item->id, NULL);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? ITEM_ABSENT : ITEM_UNREADABLE;
    }
    buf_clear(text);
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fs_read_fd(fd, item->id, MANIFEST_MOST, text, &unread) < 0) {
        return ITEM_UNREADABLE;
    }
    struct catalog_key key = catalog_key_of(&st);
    item->at = worker->entries.length;
    catalog_entry_make(&worker->entries, &key, item->id, buf_text(text), text->length);
    worker->bytes_read += text->length;
    return ITEM_READ;
}

static void *work(void *user)
{
    struct catalog_worker *worker = user;
    auto_release(buf) struct buf text = {0};
    for (size_t i = 0; i < worker->items; i++) {
        struct item *item = &worker->item[i];
        struct stat st;
        if (item->cached != NULL && open_manifest(worker->runs_fd, item->id, &st) == 0) {
            struct catalog_key key = catalog_key_of(&st);
            if (catalog_key_equal(&key, &item->cached->key)) {
                item->state = ITEM_CACHED;
                continue;
            }
        }
        item->state = read_item(worker, item, &text);
    }
    return NULL;
}

/* More than there may be processors: what is slow is a disk or a network, which answer several at once. */
static size_t count_workers(size_t items)
{
    size_t needed = items / RUNS_A_WORKER + 1;
    return needed < THREADS_MOST ? needed : THREADS_MOST;
}

/* A part that no thread could be had for is done here. */
static void work_all(struct catalog *catalog, int runs_fd, struct item *items, size_t count)
{
    pthread_t thread[THREADS_MOST];
    bool started[THREADS_MOST] = {false};
    size_t done = 0;
    catalog->workers = count_workers(count);
    catalog->worker = xcalloc(catalog->workers, sizeof(*catalog->worker));
    for (size_t i = 0; i < catalog->workers; i++) {
        struct catalog_worker *worker = &catalog->worker[i];
        size_t share = (count - done) / (catalog->workers - i);
        *worker = (struct catalog_worker){.runs_fd = runs_fd, .item = items + done, .items = share};
        done += share;
        started[i] = i + 1 < catalog->workers && pthread_create(&thread[i], NULL, work, worker) == 0;
        if (!started[i]) {
            (void)work(worker);
        }
    }
    for (size_t i = 0; i < catalog->workers; i++) {
        if (started[i]) {
            pthread_join(thread[i], NULL);
        }
    }
}

/* The folders of the runs, each with what the cache has of it: both are sorted. */
static size_t list_items(const struct strlist *names, const struct catalog_cache *cache, struct item *items)
{
    size_t count = 0;
    size_t at = 0;
    for (size_t i = 0; i < names->count; i++) {
        const char *id = names->item[i];
        if (!project_is_id(id)) {
            continue;
        }
        while (at < cache->count && strcmp(cache->run[at].id, id) < 0) {
            at++;
        }
        bool known = at < cache->count && strcmp(cache->run[at].id, id) == 0;
        items[count++] = (struct item){.id = id, .cached = known ? &cache->run[at] : NULL};
    }
    return count;
}

/* Why a record is none, in the words of who reads it whole. */
static void note_unread(struct catalog *catalog, const struct project *project, const char *id)
{
    struct manifest manifest = {0};
    struct err unread = {0};
    auto_free char *path = project_run_path(project, id, MANIFEST_NAME);
    if (manifest_load(&manifest, path, &unread) == 0) {
        err_set(&unread, ERR_INVALID, "%s: is not in the form that sciwrap writes a manifest in", path);
    }
    strlist_add(&catalog->notes, unread.text);
    manifest_release(&manifest);
}

static void note_torn(struct catalog *catalog, const struct strlist *torn)
{
    struct buf list = {0};
    for (size_t i = 0; i < torn->count && i < NAMED_MOST; i++) {
        buf_addf(&list, "%s%s", i > 0 ? ", " : "", torn->item[i]);
    }
    if (torn->count > 0) {
        strlist_addf(&catalog->notes, PROJECT_TORN, buf_text(&list), torn->count > NAMED_MOST ? ", ..." : "");
    }
    buf_release(&list);
}

/* What all items came to. */
struct gathering {
    struct catalog *catalog;
    const struct project *project;
    struct strlist torn;
    uint64_t now_ns;
    size_t fresh; /* entries that it would have and the old one has not */
    size_t kept;
    uint64_t bytes_read;
};

static void take_run(struct gathering *gathering, const struct catalog_run *run)
{
    struct catalog *catalog = gathering->catalog;
    switch (run->state) {
    case CATALOG_WHOLE:
        catalog->run[catalog->count++] = *run;
        break;
    case CATALOG_TORN:
        strlist_add(&gathering->torn, run->id);
        break;
    case CATALOG_FOREIGN:
        note_unread(catalog, gathering->project, run->id);
        break;
    }
}

/* What the cache or the worker has of an item; false when it has no record. */
static bool read_entry(const struct catalog_worker *worker, const struct item *item, struct catalog_run *ret_run)
{
    const char *at = buf_text(&worker->entries) + item->at;
    if (item->state == ITEM_CACHED) {
        *ret_run = *item->cached;
    } else if (item->state == ITEM_READ) {
        return catalog_entry_read(&at, buf_text(&worker->entries) + worker->entries.length, ret_run);
    }
    return item->state == ITEM_CACHED;
}

static bool is_settled(const struct catalog_run *run, uint64_t now_ns)
{
    return run->key.ctime_ns + settled_ns < now_ns;
}

static void take_item(struct gathering *gathering, const struct catalog_worker *worker, const struct item *item)
{
    struct catalog_run run;
    if (item->state == ITEM_UNREADABLE) {
        note_unread(gathering->catalog, gathering->project, item->id);
    }
    if (item->state == ITEM_ABSENT) {
        strlist_add(&gathering->catalog->unrecorded, item->id);
    }
    if (read_entry(worker, item, &run)) {
        take_run(gathering, &run);
        gathering->kept += item->state == ITEM_CACHED;
        gathering->fresh += item->state == ITEM_READ && is_settled(&run, gathering->now_ns);
    }
}

/* Takes all items. True when a new cache is worth its writing. */
static bool gather(struct gathering *gathering, size_t cached)
{
    struct catalog *catalog = gathering->catalog;
    for (size_t w = 0; w < catalog->workers; w++) {
        for (size_t i = 0; i < catalog->worker[w].items; i++) {
            take_item(gathering, &catalog->worker[w], &catalog->worker[w].item[i]);
        }
        gathering->bytes_read += catalog->worker[w].bytes_read;
    }
    note_torn(catalog, &gathering->torn);
    return gathering->fresh >= WORTH_RUNS || cached - gathering->kept >= WORTH_RUNS ||
           (gathering->fresh > 0 && gathering->bytes_read >= WORTH_BYTES);
}

static void save(const struct catalog *catalog, int project_fd, uint64_t now_ns)
{
    auto_release(buf) struct buf entries = {0};
    buf_reserve(&entries, catalog->cache.bytes.length);
    for (size_t w = 0; w < catalog->workers; w++) {
        for (size_t i = 0; i < catalog->worker[w].items; i++) {
            struct catalog_run run;
            if (read_entry(&catalog->worker[w], &catalog->worker[w].item[i], &run) && is_settled(&run, now_ns)) {
                buf_add(&entries, run.bytes, run.length);
            }
        }
    }
    catalog_cache_save(project_fd, &entries);
}

static uint64_t clock_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int catalog_load(struct catalog *catalog, const struct project *project, struct err *err)
{
    struct strlist names = {0};
    struct gathering gathering = {.catalog = catalog, .project = project, .now_ns = clock_ns()};
    *catalog = (struct catalog){0};
    if (project->runs_fd < 0) {
        return 0;
    }
    auto_fd int project_fd = open(project->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (project_fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", project->path);
    }
    if (fs_list(project->runs_fd, ".", &names, err) < 0) {
        return -1;
    }
    catalog_cache_load(&catalog->cache, project_fd);
    struct item *items = xcalloc(names.count + 1, sizeof(*items));
    size_t count = list_items(&names, &catalog->cache, items);
    catalog->run = xcalloc(count + 1, sizeof(*catalog->run));
    work_all(catalog, project->runs_fd, items, count);
    if (gather(&gathering, catalog->cache.count)) {
        save(catalog, project_fd, gathering.now_ns);
    }
    strlist_release(&gathering.torn);
    free(items);
    strlist_release(&names);
    return 0;
}

void catalog_release(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->workers; i++) {
        buf_release(&catalog->worker[i].entries);
    }
    free(catalog->worker);
    free(catalog->run);
    strlist_release(&catalog->notes);
    strlist_release(&catalog->unrecorded);
    catalog_cache_release(&catalog->cache);
    *catalog = (struct catalog){0};
}

static int compare_id(const void *id, const void *run)
{
    return strcmp(id, ((const struct catalog_run *)run)->id);
}

const struct catalog_run *catalog_find(const struct catalog *catalog, const char *id)
{
    if (catalog->count == 0) {
        return NULL;
    }
    return bsearch(id, catalog->run, catalog->count, sizeof(*catalog->run), compare_id);
}

const char *catalog_word(const struct catalog_run *run, size_t number)
{
    const char *word = number < run->words ? run->command : "";
    for (size_t i = 0; i < number && number < run->words; i++) {
        word += strlen(word) + 1;
    }
    return word;
}

char *catalog_words(const struct catalog_run *run)
{
    struct buf text = {0};
    const char *word = run->command;
    for (uint64_t i = 0; i < run->words; i++) {
        buf_addf(&text, "%s%s", i > 0 ? " " : "", word);
        word += strlen(word) + 1;
    }
    return buf_take(&text);
}
