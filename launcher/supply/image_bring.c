/* SPDX-License-Identifier: BSD-2-Clause
 * image_bring: from a definition to the blobs of its image: the store, mirrors, the addresses in their order. */
#include "supply/image_bring.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/mirror.h"
#include "supply/offline.h"
#include "supply/registry.h"

/* What one source came to. */
enum outcome { DONE, NEXT, FAILED };

struct job {
    const struct definition *def;
    const struct store *store;
    struct progress *progress;
    image_take *take;
    void *user;
    struct buf tried; /* "'URL': why; ..." of the sources that did not work */
};

static enum outcome note(struct job *job, const char *source, const char *why)
{
    buf_addf(&job->tried, "%s'%s': %s", job->tried.length > 0 ? "; " : "", source, why);
    return NEXT;
}

/* What another source may have; anything else is no better elsewhere. */
static enum outcome judge(const struct err *why, struct err *err)
{
    if (why->kind == ERR_NOT_FOUND || why->kind == ERR_MISMATCH || why->kind == ERR_NETWORK) {
        return NEXT;
    }
    *err = *why;
    return FAILED;
}

static int read_manifest(const struct job *job, struct image_source *source, struct image *image, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    return image_source_read(source, &job->def->sha256, job->def->size, IMAGE_DOCUMENT_BYTES, &text, err) < 0 ||
                   image_manifest_parse("the image's manifest", buf_text(&text), text.length, &image->manifest, err) < 0
               ? -1
               : 0;
}

static int read_config(struct image_source *source, struct image *image, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    const struct image_blob *config = &image->manifest.config;
    return image_source_read(source, &config->digest, config->size, IMAGE_CONFIG_BYTES, &text, err) < 0 ||
                   image_config_parse("the image's config", buf_text(&text), text.length, image->manifest.layers,
                                      &image->config, err) < 0
               ? -1
               : 0;
}

static int find_layers(struct image_source *source, const struct image *image, struct unpack_archive *layers,
                       struct err *err)
{
    for (size_t i = 0; i < image->manifest.layers; i++) {
        struct image_place place;
        const struct image_blob *blob = &image->manifest.layer[i];
        if (image_source_find(source, &blob->digest, blob->size, &place, err) < 0) {
            return err_wrap(err, "layer %zu of %zu", i + 1, image->manifest.layers);
        }
        layers[i] = (struct unpack_archive){.fd = place.fd,
                                            .from = place.from,
                                            .size = place.size,
                                            .sha256 = blob->digest,
                                            .has_plain_sha256 = true,
                                            .plain_sha256 = image->config.diff_id[i]};
    }
    return 0;
}

static int take_from(struct job *job, struct image_source *source, struct err *err)
{
    struct image image = {0};
    auto_free struct unpack_archive *layers = NULL;
    int result = read_manifest(job, source, &image, err);
    if (result == 0) {
        result = read_config(source, &image, err);
    }
    if (result == 0) {
        layers = xcalloc(image.manifest.layers, sizeof(*layers));
        result = find_layers(source, &image, layers, err);
    }
    if (result == 0) {
        result = job->take(job->user, source, &image, layers, err);
    }
    if (result < 0) {
        progress_release(job->progress);
    }
    image_release(&image);
    return result;
}

static enum outcome try_local(struct job *job, const char *url, struct err *err)
{
    struct image_source source = {.dir_fd = -1, .archive = {.fd = -1}};
    struct err why = {0};
    if (image_source_open(url, &source, &why) < 0) {
        return note(job, url, why.text);
    }
    int result = take_from(job, &source, &why);
    image_source_close(&source);
    if (result == 0) {
        return DONE;
    }
    if (judge(&why, err) == FAILED) {
        err_wrap(err, "'%s'", url);
        return FAILED;
    }
    return note(job, url, why.text);
}

/* A blob that is there and not what it is called. */
static void remove_damaged(const struct job *job, const struct digest *digest)
{
    struct digest is;
    struct err ignored = {0};
    char hex[DIGEST_HEX + 1];
    auto_fd int fd = store_open_blob(job->store, digest, &ignored);
    if (fd < 0 || digest_fd(fd, "blob", &is, NULL, &ignored) < 0 || digest_equal(&is, digest)) {
        return;
    }
    digest_to_hex(digest, hex);
    auto_free char *name = xasprintf("blobs/sha256/%s", hex);
    log_warn("%s: the store's copy of the blob sha256:%s is damaged and was removed", job->def->name, hex);
    unlinkat(job->store->fd, name, 0);
}

static void remove_all_damaged(const struct job *job)
{
    struct image image = {0};
    struct image_source source;
    struct err ignored = {0};
    remove_damaged(job, &job->def->sha256);
    image_source_of_store(job->store, &source);
    if (read_manifest(job, &source, &image, &ignored) == 0) {
        remove_damaged(job, &image.manifest.config.digest);
        for (size_t i = 0; i < image.manifest.layers; i++) {
            remove_damaged(job, &image.manifest.layer[i].digest);
        }
    }
    image_source_close(&source);
    image_release(&image);
}

static enum outcome try_store(struct job *job, struct err *err)
{
    struct image_source source;
    struct err why = {0};
    image_source_of_store(job->store, &source);
    int result = take_from(job, &source, &why);
    image_source_close(&source);
    if (result == 0) {
        return DONE;
    }
    if (why.kind == ERR_MISMATCH) {
        remove_all_damaged(job);
    }
    return judge(&why, err);
}

/* The manifest becomes a blob, from which everything else follows as if it had been there. */
static int bring_manifest(struct job *job, const struct registry_ref *ref, struct err *err)
{
    struct digest ignored;
    auto_free char *media_type = NULL;
    auto_release(buf) struct buf text = {0};
    if (registry_manifest(ref, &job->def->sha256, &text, &media_type, &ignored, err) < 0) {
        return -1;
    }
    if (job->def->size != 0 && text.length != job->def->size) {
        return err_set(err, ERR_MISMATCH, "the manifest has %zu bytes, pinned are %llu", text.length,
                       (unsigned long long)job->def->size);
    }
    return image_keep_manifest(job->store, &text, &job->def->sha256, err);
}

/* From the registry of `ref`, with the mirrors around it; NULL: from mirrors alone, from those. */
static int bring_blobs(struct job *job, const struct registry_ref *ref, enum fetch_mirrors mirrors,
                       const struct image_manifest *manifest, struct err *err)
{
    size_t count = manifest->layers + 1;
    uint64_t total = 0;
    auto_free struct fetch_item *items = xcalloc(count, sizeof(*items));
    auto_release(strlist) struct strlist labels = {0};
    auto_free char *what = xasprintf("fetch %s%s", job->def->name, ref == NULL ? " from mirrors" : "");
    for (size_t i = 0; i < count; i++) {
        const struct image_blob *blob = i == 0 ? &manifest->config : &manifest->layer[i - 1];
        strlist_addf(&labels, i == 0 ? "config of %s" : "layer of %s", job->def->name);
        items[i] = (struct fetch_item){
            .sha256 = blob->digest, .size = blob->size, .label = labels.item[i], .mirrors = mirrors};
        total += blob->size;
    }
    auto_fd int lock = stage_lock_download(job->store, &job->def->sha256, job->def->name);
    progress_begin(job->progress, what, total);
    int result = ref != NULL ? registry_blobs(ref, job->store->fd, items, count, job->progress, err)
                             : fetch_all(job->store->fd, items, count, job->progress, err);
    progress_release(job->progress);
    for (size_t i = 0; i < count; i++) {
        strlist_release(&items[i].from);
    }
    return result;
}

static int bring(struct job *job, const char *url, struct err *err)
{
    struct registry_ref ref = {0};
    struct image image = {0};
    struct image_source source;
    if (registry_ref_parse(url, &ref, err) < 0) {
        return -1;
    }
    image_source_of_store(job->store, &source);
    struct err why = {0};
    int result = read_manifest(job, &source, &image, &why);
    if (result < 0 && (why.kind == ERR_NOT_FOUND || why.kind == ERR_MISMATCH)) {
        result = bring_manifest(job, &ref, &why) < 0 ? -1 : read_manifest(job, &source, &image, &why);
    }
    if (result == 0) {
        result = bring_blobs(job, &ref, FETCH_MIRRORS, &image.manifest, &why);
    }
    image_source_close(&source);
    image_release(&image);
    registry_ref_release(&ref);
    if (result < 0) {
        *err = why;
    }
    return result;
}

static enum outcome try_remote(struct job *job, const char *url, struct err *err)
{
    struct err why = {0};
    if (offline_is_on()) {
        offline_complain(&why);
        return note(job, url, why.text);
    }
    if (bring(job, url, &why) == 0) {
        enum outcome outcome = try_store(job, err);
        return outcome == NEXT ? note(job, url, "what it sent was damaged in the store") : outcome;
    }
    return judge(&why, err) == FAILED ? FAILED : note(job, url, why.text);
}

/* Everything from those mirrors. What one has of it stays in the store, where nothing is fetched again. */
static int bring_from(struct job *job, enum fetch_mirrors mirrors, struct err *err)
{
    struct progress unseen = {0};
    struct image image = {0};
    struct image_source source;
    struct fetch_item item = {
        .sha256 = job->def->sha256, .size = job->def->size, .label = job->def->name, .mirrors = mirrors};
    image_source_of_store(job->store, &source);
    int result = fetch_all(job->store->fd, &item, 1, &unseen, err);
    if (result == 0 && (result = read_manifest(job, &source, &image, err)) == 0) {
        result = bring_blobs(job, NULL, mirrors, &image.manifest, err);
    }
    image_source_close(&source);
    image_release(&image);
    return result;
}

static enum outcome try_mirrors(struct job *job, enum fetch_mirrors mirrors, struct err *err)
{
    struct err why = {0};
    if (!mirror_has_any()) {
        return NEXT;
    }
    if (bring_from(job, mirrors, &why) == 0) {
        return try_store(job, err);
    }
    if (judge(&why, err) == FAILED) {
        return FAILED;
    }
    if (mirrors == FETCH_MIRRORS) {
        buf_addf(&job->tried, "%s%s", job->tried.length > 0 ? "; " : "", why.text);
    }
    return NEXT;
}

static int complain(const struct job *job, struct err *err)
{
    const struct definition *def = job->def;
    if (offline_is_on()) {
        return offline_complain_missing(def->name, "image", &def->sha256, buf_text(&job->tried), err);
    }
    if (job->tried.length == 0) {
        return err_set(err, ERR_NOT_FOUND, "'%s' gives no url for its image", def->path);
    }
    return err_set(err, ERR_NOT_FOUND, "its image is not to be had: %s; see the url lines of '%s'",
                   buf_text(&job->tried), def->path);
}

int image_bring(const struct definition *def, const struct store *store, struct progress *progress, image_take *take,
                void *user, struct err *err)
{
    struct job job = {.def = def, .store = store, .progress = progress, .take = take, .user = user};
    enum outcome outcome = try_store(&job, err);
    if (outcome == NEXT) {
        outcome = try_mirrors(&job, FETCH_FIRST_MIRRORS, err);
    }
    for (size_t i = 0; i < def->url.count && outcome == NEXT; i++) {
        const char *url = def->url.item[i];
        outcome = image_source_is_local(url) ? try_local(&job, url, err) : try_remote(&job, url, err);
    }
    if (outcome == NEXT) {
        outcome = try_mirrors(&job, FETCH_MIRRORS, err);
    }
    if (outcome == NEXT) {
        complain(&job, err);
    }
    buf_release(&job.tried);
    return outcome == DONE ? 0 : -1;
}
