/* SPDX-License-Identifier: BSD-2-Clause
 * build: a recipe and its lock to an artifact. */
#include "supply/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/build_commands.h"
#include "supply/build_database.h"
#include "supply/build_differ.h"
#include "supply/build_read.h"
#include "supply/fetch.h"
#include "supply/sources.h"
#include "supply/stage.h"
#include "supply/tarball.h"
#include "supply/unpack_limits.h"

/* Everything of one build that must be given back. */
struct workshop {
    struct build_package *package; /* those of the lock, then the recipe's own archives */
    size_t count;
    struct spool spool;
    struct tree tree;
    struct stage stage;
};

static void workshop_release(struct workshop *shop)
{
    for (size_t i = 0; i < shop->count; i++) {
        free((void *)(uintptr_t)shop->package[i].choice.from);
        deb_entries_release(&shop->package[i].entries);
        buf_release(&shop->package[i].control);
    }
    free(shop->package);
    tree_release(&shop->tree);
    spool_close(&shop->spool);
    stage_release(&shop->stage);
}

int build_load_lock(const struct recipe *recipe, struct lockfile *ret_lock, struct err *err)
{
    auto_free char *path = recipe_lock_path(recipe);
    struct digest wants;
    if (lockfile_load(ret_lock, path, err) < 0) {
        return -1;
    }
    recipe_wants(recipe, &wants);
    if (!digest_equal(&wants, &ret_lock->wants)) {
        lockfile_release(ret_lock);
        char hex[DIGEST_HEX + 1];
        digest_to_hex(&wants, hex);
        return err_set(err, ERR_INVALID,
                       "%s was made for other packages than %s asks for (wants = %s); make it again with 'sciwrap "
                       "lock %s'",
                       path, recipe->path, hex, recipe->name);
    }
    return 0;
}

static void fill_packages(struct workshop *shop, const struct build_request *request, int64_t time,
                          const struct unpack_limits *limits)
{
    const struct recipe *recipe = request->recipe;
    const struct lockfile *lock = request->lock;
    shop->package = xcalloc(lock->count + recipe->archives, sizeof(*shop->package));
    for (size_t i = 0; i < lock->count; i++) {
        struct build_package *package = &shop->package[shop->count++];
        package->sha256 = lock->package[i].sha256;
        package->choice = (struct deb_choice){
            .from = xasprintf("%s %s", lock->package[i].name, lock->package[i].version), .prefix = ""};
    }
    for (size_t i = 0; i < recipe->archives; i++) {
        const struct recipe_archive *archive = &recipe->archive[i];
        struct build_package *package = &shop->package[shop->count++];
        package->sha256 = archive->sha256;
        package->is_tar = true;
        package->choice = (struct deb_choice){
            .from = xasprintf("archive %s", archive->name), .strip = archive->strip, .prefix = archive->prefix};
    }
    for (size_t i = 0; i < shop->count; i++) {
        shop->package[i].choice.exclude = &recipe->exclude;
        shop->package[i].choice.include = &recipe->include;
        shop->package[i].choice.time = time;
        shop->package[i].choice.entries = limits->entries;
    }
}

static void fill_item(struct fetch_item *item, const struct build_request *request, size_t i,
                      const struct strlist *bases)
{
    const struct lockfile *lock = request->lock;
    if (i < lock->count) {
        const struct locked_package *package = &lock->package[i];
        item->size = package->size;
        sources_addresses(bases, package->archive, package->path, &item->from);
        strlist_take(&item->from, sources_snapshot(package->archive, lock->snapshot, package->path));
        return;
    }
    const struct recipe_archive *archive = &request->recipe->archive[i - lock->count];
    item->size = archive->size;
    for (size_t j = 0; j < archive->url.count; j++) {
        strlist_add(&item->from, archive->url.item[j]);
    }
}

/* Brings what is not in the store yet. */
static int fetch_packages(const struct workshop *shop, const struct build_request *request, const struct store *store,
                          struct progress *progress, struct err *err)
{
    auto_release(strlist) struct strlist bases = {0};
    auto_free struct fetch_item *items = xcalloc(shop->count, sizeof(*items));
    size_t missing = 0;
    uint64_t bytes = 0;
    sources_list(request->mirrors, &bases);
    for (size_t i = 0; i < shop->count; i++) {
        struct err absent = {0};
        auto_fd int fd = store_open_blob(store, &shop->package[i].sha256, &absent);
        if (fd < 0) {
            struct fetch_item *item = &items[missing++];
            *item = (struct fetch_item){.sha256 = shop->package[i].sha256, .label = shop->package[i].choice.from};
            fill_item(item, request, i, &bases);
            bytes += item->size;
        }
    }
    int result = 0;
    if (missing > 0) {
        auto_free char *what =
            xasprintf("fetch %zu file%s for %s", missing, missing == 1 ? "" : "s", request->recipe->name);
        progress_begin(progress, what, bytes);
        result = fetch_all(store->fd, items, missing, progress, err);
        progress_end(progress, result == 0 ? "done" : "failed");
    }
    for (size_t i = 0; i < missing; i++) {
        strlist_release(&items[i].from);
    }
    return result;
}

static int add_text_file(struct workshop *shop, const char *path, unsigned mode, const char *text, size_t length,
                         struct err *err)
{
    struct tree_entry entry = {.path = path,
                               .type = TREE_FILE,
                               .mode = mode,
                               .mtime = shop->tree.root->mtime,
                               .content = {.offset = spool_reserve(&shop->spool, length), .size = length},
                               .from = "the recipe"};
    digest_bytes(text, length, &entry.content.digest);
    if (spool_write(&shop->spool, entry.content.offset, text, length, err) < 0) {
        return -1;
    }
    return tree_add(&shop->tree, &entry, err);
}

static int add_items(struct workshop *shop, const struct recipe_items *items, enum tree_type type, struct err *err)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct recipe_item *item = &items->item[i];
        struct tree_entry entry = {.path = item->path,
                                   .type = type,
                                   .mode = item->mode,
                                   .mtime = shop->tree.root->mtime,
                                   .target = item->text,
                                   .from = "the recipe"};
        int result = type == TREE_FILE ? add_text_file(shop, item->path, item->mode, item->text, item->length, err)
                                       : tree_add(&shop->tree, &entry, err);
        if (result < 0) {
            return -1;
        }
        struct tree_node *node = type == TREE_FOLDER ? tree_find(&shop->tree, item->path) : NULL;
        if (node != NULL && node->type == TREE_FOLDER) {
            node->mode = item->mode; /* what the recipe says outweighs what a package says */
        }
    }
    return 0;
}

static int add_database(struct workshop *shop, const struct build_request *request, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    size_t count = request->lock->count;
    if (build_database_status(shop->package, count, &text, err) < 0 ||
        add_text_file(shop, DATABASE_STATUS, 0644, buf_text(&text), text.length, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < count && request->recipe->file_lists; i++) {
        auto_free char *path = build_database_list_path(request->lock->package[i].name);
        buf_clear(&text);
        build_database_list(&shop->package[i].entries, &text);
        if (add_text_file(shop, path, 0644, buf_text(&text), text.length, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The recipe's links come first: they say where the packages' folders lie (bin -> usr/bin). */
static int merge(struct workshop *shop, const struct build_request *request, struct err *err)
{
    if (add_items(shop, &request->recipe->links, TREE_LINK, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < shop->count; i++) {
        const struct deb_entries *entries = &shop->package[i].entries;
        for (size_t j = 0; j < entries->count; j++) {
            if (tree_add(&shop->tree, &entries->entry[j], err) < 0) {
                return -1;
            }
        }
    }
    if (add_items(shop, &request->recipe->folders, TREE_FOLDER, err) < 0 ||
        add_items(shop, &request->recipe->files, TREE_FILE, err) < 0) {
        return -1;
    }
    return add_database(shop, request, err);
}

/* What can be said about the difference: the paths when the pinned artifact is in the store. */
static void describe_difference(struct workshop *shop, const struct build_request *request, const struct store *store,
                                int fd, struct buf *text)
{
    struct err absent = {0};
    auto_fd int pinned = store_open_blob(store, request->pin, &absent);
    if (pinned >= 0) {
        build_differ(pinned, fd, &shop->spool, text);
    }
    if (text->length == 0) {
        buf_add_text(text, "which paths could be told if the pinned artifact were in the store");
    }
}

static int check_pin(struct workshop *shop, const struct build_request *request, const struct store *store, int fd,
                     const struct build_result *result, struct err *err)
{
    char built[DIGEST_HEX + 1];
    char pinned[DIGEST_HEX + 1];
    auto_release(buf) struct buf difference = {0};
    if (request->pin == NULL || digest_equal(request->pin, &result->sha256)) {
        return 0;
    }
    digest_to_hex(&result->sha256, built);
    digest_to_hex(request->pin, pinned);
    describe_difference(shop, request, store, fd, &difference);
    return err_set(err, ERR_MISMATCH,
                   "%s gives sha256 %s (%llu bytes) and %s pins %s; what differs: %s; each package had its locked "
                   "digest, so take back the change of recipe or lock, or pin the new digest",
                   request->recipe->path, built, (unsigned long long)result->size, request->pinned_by, pinned,
                   buf_text(&difference));
}

static int write_artifact(struct workshop *shop, const struct build_request *request, const struct store *store,
                          struct build_result *result, struct err *err)
{
    auto_fd int fd = openat(shop->stage.fd, "artifact", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the artifact");
    }
    if (tarball_write(&shop->tree, &shop->spool, fd, &result->sha256, &result->size, err) < 0 ||
        check_pin(shop, request, store, fd, result, err) < 0) {
        return -1;
    }
    return stage_commit_blob(&shop->stage, "artifact", &result->sha256, err);
}

static int run_commands(struct workshop *shop, const struct build_request *request, const struct store *store,
                        struct err *err)
{
    if (request->recipe->commands.count == 0) {
        return 0;
    }
    auto_free char *folder = xasprintf("%s/tmp/%s", store->path, shop->stage.name);
    return build_commands(request->recipe, &shop->tree, &shop->spool, shop->stage.fd, folder, err);
}

int build(const struct build_request *request, const struct store *store, struct progress *progress,
          struct build_result *ret_result, struct err *err)
{
    __attribute__((cleanup(workshop_release))) struct workshop shop = {.spool = {.fd = -1}, .stage = {.fd = -1}};
    struct build_result result = {0};
    int64_t time = 0;
    struct unpack_limits limits;
    if (unpack_limits_read(&limits, err) < 0) {
        return -1;
    }
    (void)lockfile_time(request->lock->snapshot, &time); /* reading the lock has seen that it is one */
    fill_packages(&shop, request, time, &limits);
    tree_init(&shop.tree, time);
    if (fetch_packages(&shop, request, store, progress, err) < 0 || stage_begin(&shop.stage, store, err) < 0 ||
        spool_open(&shop.spool, shop.stage.fd, "spool", err) < 0 ||
        build_read(shop.package, shop.count, request->jobs, store, &shop.spool, err) < 0 ||
        merge(&shop, request, err) < 0 || run_commands(&shop, request, store, err) < 0 ||
        write_artifact(&shop, request, store, &result, err) < 0) {
        return err_wrap(err, "build '%s'", request->recipe->name);
    }
    *ret_result = result;
    return 0;
}

/* A definition that pins a compressed artifact: compressing gives these bytes where libzstd is of the same version. */
static int compress_to_pin(const struct definition *def, const struct build_result *built, const struct store *store,
                           struct err *err)
{
    __attribute__((cleanup(stage_release))) struct stage stage = {.fd = -1};
    struct digest digest;
    auto_fd int from = store_open_blob(store, &built->sha256, err);
    if (from < 0 || stage_begin(&stage, store, err) < 0) {
        return -1;
    }
    auto_fd int to = openat(stage.fd, "artifact", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (to < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the artifact");
    }
    if (tarball_compress(from, to, err) < 0 || lseek(to, 0, SEEK_SET) < 0 ||
        digest_fd(to, "artifact", &digest, NULL, err) < 0) {
        return -1;
    }
    if (!digest_equal(&digest, &def->sha256)) {
        return err_set(err, ERR_MISMATCH,
                       "%s pins a compressed artifact: its recipe gives the right tar, and this host's libzstd other "
                       "compressed bytes; bring the file itself with a url",
                       def->path);
    }
    return stage_commit_blob(&stage, "artifact", &digest, err);
}

int build_artifact_for(const struct definition *def, const struct store *store, struct progress *progress,
                       struct err *err)
{
    auto_release(recipe) struct recipe recipe = {0};
    auto_release(lockfile) struct lockfile lock = {0};
    struct build_result result = {0};
    if (recipe_find(&recipe, def->recipe, err) < 0 || build_load_lock(&recipe, &lock, err) < 0) {
        return -1;
    }
    struct build_request request = {.recipe = &recipe,
                                    .lock = &lock,
                                    .pin = def->has_tar_sha256 ? &def->tar_sha256 : &def->sha256,
                                    .pinned_by = def->path};
    if (build(&request, store, progress, &result, err) < 0) {
        return -1;
    }
    return digest_equal(&result.sha256, &def->sha256) ? 0 : compress_to_pin(def, &result, store, err);
}
