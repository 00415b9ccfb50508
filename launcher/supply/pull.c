/* SPDX-License-Identifier: BSD-2-Clause
 * pull: brings the tree of an environment into the store. */
#include "supply/pull.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "env/collect.h"
#include "supply/build.h"
#include "supply/fetch.h"
#include "supply/image.h"
#include "supply/local.h"
#include "supply/mirror.h"
#include "supply/offline.h"
#include "supply/stage.h"
#include "supply/unpack.h"

/* What one source came to. */
enum outcome { PULL_DONE, PULL_NEXT, PULL_FAILED };

struct pull {
    const struct definition *def;
    const struct store *store;
    /* What becomes of an open file that may be the artifact; `source` is for messages. */
    enum outcome (*take)(struct pull *pull, int fd, const char *source, struct err *err);
    struct stage stage; /* where it is unpacked */
    int artifact_fd;    /* what was found, when the artifact itself is wanted */
    struct progress progress;
    bool is_mirror;   /* the source that is tried */
    bool is_early;    /* the same, and the artifact's own addresses follow */
    struct buf tried; /* "'URL': why; ..." of the sources that did not work */
};

static enum outcome note(struct pull *pull, const char *source, const char *why)
{
    buf_addf(&pull->tried, "%s%s'%s': %s", pull->tried.length > 0 ? "; " : "", pull->is_mirror ? "mirror " : "", source,
             why);
    return PULL_NEXT;
}

/* Other bytes than the pinned ones. Of its own addresses they are told when none is right; a mirror's owner wants to
 * hear of them. */
static enum outcome note_mismatch(struct pull *pull, const char *source, const char *why)
{
    if (pull->is_mirror) {
        log_warn("mirror '%s' has not the bytes of '%s': %s", source, pull->def->name, why);
    }
    return note(pull, source, why);
}

static void say_done(struct pull *pull, const struct store_tree *tree)
{
    char size[16];
    auto_release(buf) struct buf text = {0};
    buf_addf(&text, "%llu entries, %s", (unsigned long long)tree->entries, units_size(size, tree->bytes));
    changes_describe(&tree->changes, &text);
    progress_end(&pull->progress, buf_text(&text));
}

/* A pinned file that is no good archive is no better elsewhere, and a full disk no emptier; other bytes than the pinned
 * ones are a matter of this source. */
static enum outcome unpack_from(struct pull *pull, int fd, const char *source, struct err *err)
{
    struct store_tree tree = {.fd = -1};
    struct err why = {0};
    struct unpack_limits limits;
    auto_free char *what = xasprintf("pull %s", pull->def->name);
    if (unpack_limits_read(&limits, err) < 0 || stage_empty(&pull->stage, err) < 0) {
        return PULL_FAILED;
    }
    progress_begin(&pull->progress, what, pull->def->size);
    if (unpack(fd, &pull->def->sha256, pull->def->size, pull->stage.fd, &limits, &pull->progress, &tree, &why) == 0) {
        if (stage_commit_tree(&pull->stage, &tree, err) < 0) {
            return PULL_FAILED;
        }
        say_done(pull, &tree);
        return PULL_DONE;
    }
    progress_release(&pull->progress);
    if (why.kind == ERR_MISMATCH) {
        return note_mismatch(pull, source, why.text);
    }
    *err = why;
    err_wrap(err, "'%s'", source);
    return PULL_FAILED;
}

/* The artifact itself is wanted. */
static enum outcome keep_open(struct pull *pull, int fd, const char *source, struct err *err)
{
    struct digest is;
    struct err why = {0};
    if (digest_fd(fd, source, &is, NULL, &why) < 0) {
        return note(pull, source, why.text);
    }
    if (!digest_equal(&is, &pull->def->sha256)) {
        return note_mismatch(pull, source, "its sha256 is not the pinned one");
    }
    pull->artifact_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (pull->artifact_fd < 0 || lseek(pull->artifact_fd, 0, SEEK_SET) < 0) {
        err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", source);
        return PULL_FAILED;
    }
    return PULL_DONE;
}

static enum outcome try_blob(struct pull *pull, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    struct err why = {0};
    auto_fd int fd = store_open_blob(pull->store, &pull->def->sha256, &why);
    if (fd < 0) {
        return why.kind == ERR_NOT_FOUND ? PULL_NEXT : note(pull, "store", why.text);
    }
    digest_to_hex(&pull->def->sha256, hex);
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    enum outcome outcome = pull->take(pull, fd, name, err);
    if (outcome == PULL_NEXT) {
        log_warn("the store's copy of %s is damaged and was removed", pull->def->name);
        unlinkat(pull->store->fd, name, 0);
    }
    return outcome;
}

/* Unpacked from where it lies: hashed and read through one descriptor, so nobody can put another file in its place in
 * between, and no copy is kept. */
static enum outcome try_local(struct pull *pull, const char *url, struct err *err)
{
    auto_free char *path = local_path(url);
    /* O_NONBLOCK: a FIFO in the place of the file must not hold us. */
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? note(pull, path, strerror(errno)) : pull->take(pull, fd, path, err);
}

static int fetch_one(struct pull *pull, const struct fetch_item *item, struct err *err)
{
    auto_free char *what = xasprintf("fetch %s", pull->def->name);
    auto_fd int lock = stage_lock_download(pull->store, &item->sha256, pull->def->name);
    progress_begin(&pull->progress, what, pull->def->size);
    int result = fetch_all(pull->store->fd, item, 1, &pull->progress, err);
    progress_release(&pull->progress);
    return result;
}

static enum outcome try_remote(struct pull *pull, const char *url, struct err *err)
{
    struct err why = {0};
    struct fetch_item item = {.sha256 = pull->def->sha256, .size = pull->def->size, .label = pull->def->name};
    item.mirrors = pull->is_mirror ? FETCH_OF_MIRROR : FETCH_NO_MIRRORS; /* try_all has them in their order */
    item.one_try = pull->is_early;
    strlist_add(&item.from, url);
    int result = fetch_one(pull, &item, &why);
    strlist_release(&item.from);
    if (result == 0) {
        return try_blob(pull, err);
    }
    if (why.kind == ERR_SYSTEM) {
        *err = why;
        return PULL_FAILED;
    }
    buf_addf(&pull->tried, "%s%s", pull->tried.length > 0 ? "; " : "", why.text);
    return PULL_NEXT;
}

static enum outcome try_recipe(struct pull *pull, struct err *err)
{
    struct err why = {0};
    auto_free char *source = xasprintf("recipe %s", pull->def->recipe);
    int result = build_artifact_for(pull->def, pull->store, &pull->progress, &why);
    progress_release(&pull->progress);
    return result == 0 ? try_blob(pull, err) : note(pull, source, why.text);
}

/* What is missing, and how to get it. */
static int complain(const struct pull *pull, struct err *err)
{
    if (offline_is_on()) {
        return offline_complain_missing(pull->def->name, "artifact", &pull->def->sha256, buf_text(&pull->tried), err);
    }
    if (pull->tried.length == 0) {
        return err_set(err, ERR_NOT_FOUND, "'%s' gives neither a url nor a recipe for its artifact", pull->def->path);
    }
    return err_set(err, ERR_NOT_FOUND, "its artifact is not to be had: %s; see the url lines of '%s'",
                   buf_text(&pull->tried), pull->def->path);
}

static int try_all(struct pull *pull, struct err *err)
{
    auto_release(mirror_order) struct mirror_order order = {0};
    if (mirror_order(&pull->def->url, &pull->def->sha256, &order, err) < 0) {
        return -1;
    }
    enum outcome outcome = try_blob(pull, err);
    for (size_t i = 0; i < order.from.count && outcome == PULL_NEXT; i++) {
        const char *url = order.from.item[i];
        pull->is_mirror = mirror_is_one(&order, i);
        pull->is_early = i < order.own;
        outcome = local_is_remote(url) ? try_remote(pull, url, err) : try_local(pull, url, err);
    }
    pull->is_mirror = false;
    if (outcome == PULL_NEXT && pull->def->recipe != NULL) {
        outcome = try_recipe(pull, err);
    }
    if (outcome != PULL_NEXT) {
        return outcome == PULL_DONE ? 0 : -1;
    }
    return complain(pull, err);
}

static int bring_image(struct pull *pull, struct err *err)
{
    struct store_tree tree = {.fd = -1};
    if (image_pull(pull->def, pull->store, &pull->stage, &pull->progress, &tree, err) < 0 ||
        stage_commit_tree(&pull->stage, &tree, err) < 0) {
        return -1;
    }
    say_done(pull, &tree);
    return 0;
}

static int bring(struct pull *pull, struct err *err)
{
    return pull->def->type == ARTIFACT_IMAGE ? bring_image(pull, err) : try_all(pull, err);
}

/* 1 there, 0 not, -1 error. */
static int is_there(const struct definition *def, const struct store *store, struct err *err)
{
    struct store_tree tree = {.fd = -1};
    int found = store_find_tree(store, &def->sha256, &tree, err);
    if (found == 1) {
        log_info("%s: already in the store", def->name);
        store_tree_release(&tree);
    }
    return found;
}

int pull_environment(const struct definition *def, const struct store *store, const struct pull_options *options,
                     struct err *err)
{
    struct pull pull = {.def = def, .store = store, .take = unpack_from, .stage = {.fd = -1}, .artifact_fd = -1};
    int result = options->again ? 0 : is_there(def, store, err);
    if (result != 0) {
        return result == 1 ? 0 : err_wrap(err, "pull %s", def->name);
    }
    auto_fd int lock = stage_lock(store_for_trees(store), &def->sha256, def->name);
    auto_fd int kept = collect_keep_blobs(store);
    result = options->again ? 0 : is_there(def, store, err);
    if (result == 0) {
        result = stage_begin(&pull.stage, store_for_trees(store), err);
        pull.stage.replace = options->again;
        result = result < 0 ? -1 : bring(&pull, err);
    }
    progress_release(&pull.progress);
    stage_release(&pull.stage);
    buf_release(&pull.tried);
    return result < 0 ? err_wrap(err, "pull %s", def->name) : 0;
}

int pull_artifact(const struct definition *def, const struct store *store, struct err *err)
{
    struct pull pull = {.def = def, .store = store, .take = keep_open, .stage = {.fd = -1}, .artifact_fd = -1};
    auto_fd int kept = collect_keep_blobs(store);
    int result = try_all(&pull, err);
    progress_release(&pull.progress);
    buf_release(&pull.tried);
    return result < 0 ? -1 : pull.artifact_fd;
}
