/* SPDX-License-Identifier: BSD-2-Clause
 * image_choose: the part of image.h about finding what a name means: through indexes to the manifest of one platform.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "supply/image.h"
#include "supply/image_source.h"
#include "supply/registry.h"

/* An index in an index in an index: nobody makes more, and each costs a question to a registry. */
enum { INDEX_DEPTH = 4 };

/* Where documents come from: a registry, or a place on this machine. */
struct search {
    const char *url;
    const struct store *store;
    struct registry_ref ref;
    struct image_source source;
    bool remote;
    bool asked;                   /* for this platform, by a person */
    char *architecture, *variant; /* wanted; variant NULL: the plainest */
    const char *reference;        /* name that is looked for in the top-level index; NULL: none */
    struct image_blob blob;       /* what was reached */
    char *tag;
    struct buf text; /* of it */
};

/* "linux/arm64/v8"; NULL: this machine. */
static int take_platform(struct search *search, const char *platform, struct err *err)
{
    static const char os[] = "linux/";
    if (platform == NULL) {
        search->architecture = xstrdup(image_architecture());
        return 0;
    }
    const char *architecture = strncmp(platform, os, strlen(os)) == 0 ? platform + strlen(os) : "";
    if (architecture[0] == '\0' || architecture[0] == '/') {
        return err_set(err, ERR_USAGE, "'%s' is not a platform; write linux/amd64, linux/arm64 ...", platform);
    }
    search->asked = true;
    size_t length = strcspn(architecture, "/");
    search->architecture = xstrndup(architecture, length);
    search->variant = architecture[length] == '/' ? xstrdup(architecture + length + 1) : NULL;
    return 0;
}

static const char *best_variant(const char *architecture)
{
    return strcmp(architecture, "arm64") == 0 ? "v8" : strcmp(architecture, "arm") == 0 ? "v7" : NULL;
}

/* How well an entry of an index suits, 0 not at all. */
static int suits(const struct search *search, const struct image_entry *entry)
{
    const char *best = search->variant != NULL ? search->variant : best_variant(search->architecture);
    if (entry->blob.kind != IMAGE_MANIFEST && entry->blob.kind != IMAGE_INDEX) {
        return 0;
    }
    if ((entry->os != NULL && strcmp(entry->os, "linux") != 0) ||
        (entry->architecture != NULL && strcmp(entry->architecture, search->architecture) != 0)) {
        return 0;
    }
    if (best != NULL && entry->variant != NULL && strcmp(entry->variant, best) == 0) {
        return 3;
    }
    /* The plain variant runs everywhere; of "amd64/v3" nobody knows whether it does. */
    if (entry->variant != NULL && search->variant != NULL && entry->architecture != NULL) {
        return 0;
    }
    return entry->variant == NULL ? 2 : 1;
}

static int complain_none(const struct search *search, const struct image_index *index, struct err *err)
{
    auto_release(buf) struct buf has = {0};
    for (size_t i = 0; i < index->count && has.length < 400; i++) {
        const struct image_entry *entry = &index->entry[i];
        assert(entry != NULL); /* there is an array where there is a count */
        buf_add_text(&has, i > 0 ? ", " : "");
        if (search->reference != NULL) {
            buf_addf(&has, "'%s'", entry->name != NULL ? entry->name : "");
        } else {
            buf_addf(&has, "%s/%s", entry->os != NULL ? entry->os : "?",
                     entry->architecture != NULL ? entry->architecture : "?");
        }
    }
    if (search->reference != NULL) {
        return err_set(err, ERR_NOT_FOUND, "it has no image '%s' for linux/%s; it has: %s", search->reference,
                       search->architecture, buf_text(&has));
    }
    return err_set(err, ERR_NOT_FOUND, "it has no image for linux/%s; it has: %s", search->architecture,
                   buf_text(&has));
}

static bool same_text(const char *a, const char *b)
{
    return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int complain_several(const char *first, const char *second, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "it has several images, '%s' and '%s' among them; put the name of one behind the path, as in :%s",
                   first != NULL ? first : "", second != NULL ? second : "", first != NULL ? first : "NAME");
}

static int choose_entry(struct search *search, const struct image_index *index, struct err *err)
{
    const struct image_entry *chosen = NULL;
    for (size_t i = 0; i < index->count; i++) {
        const struct image_entry *entry = &index->entry[i];
        if (suits(search, entry) == 0 || (search->reference != NULL && !same_text(search->reference, entry->name))) {
            continue;
        }
        if (chosen != NULL && !digest_equal(&chosen->blob.digest, &entry->blob.digest) &&
            (!same_text(chosen->name, entry->name) || entry->architecture == NULL)) {
            return complain_several(chosen->name, entry->name, err);
        }
        chosen = chosen == NULL || suits(search, entry) > suits(search, chosen) ? entry : chosen;
    }
    if (chosen == NULL) {
        return complain_none(search, index, err);
    }
    search->blob = chosen->blob;
    if (search->tag == NULL && chosen->name != NULL) {
        search->tag = xstrdup(chosen->name);
    }
    search->reference = NULL; /* it named an entry of the first index */
    return 0;
}

/* The text of search->blob. */
static int get(struct search *search, struct err *err)
{
    buf_clear(&search->text);
    if (!search->remote) {
        return image_source_read(&search->source, &search->blob.digest, search->blob.size, IMAGE_DOCUMENT_BYTES,
                                 &search->text, err);
    }
    auto_free char *media_type = NULL;
    struct digest ignored;
    struct buf text = {0};
    if (registry_manifest(&search->ref, &search->blob.digest, &text, &media_type, &ignored, err) < 0) {
        return -1;
    }
    buf_release(&search->text);
    search->text = text;
    return search->blob.size == 0 || text.length == search->blob.size
               ? 0
               : err_set(err, ERR_INVALID, "the index says that the image's manifest has %llu bytes, and it has %zu",
                         (unsigned long long)search->blob.size, text.length);
}

/* From the document in search->text down to a manifest. */
static int descend(struct search *search, struct err *err)
{
    for (int depth = 0;; depth++) {
        enum image_kind kind;
        auto_release(image_index) struct image_index index = {0};
        if (image_document_kind("manifest", buf_text(&search->text), search->text.length, &kind, err) < 0) {
            return -1;
        }
        if (search->blob.kind != IMAGE_OTHER && search->blob.kind != kind) {
            return err_set(err, ERR_INVALID, "an index says that it is %s, and it is %s",
                           search->blob.kind == IMAGE_INDEX ? "an index" : "a manifest",
                           kind == IMAGE_INDEX ? "an index" : "a manifest");
        }
        if (kind == IMAGE_MANIFEST) {
            return 0;
        }
        if (depth == INDEX_DEPTH) {
            return err_set(err, ERR_INVALID, "more than %d indexes in each other", INDEX_DEPTH);
        }
        if (image_index_parse("index", buf_text(&search->text), search->text.length, &index, err) < 0 ||
            choose_entry(search, &index, err) < 0 || get(search, err) < 0) {
            return -1;
        }
    }
}

static int begin_remote(struct search *search, struct err *err)
{
    auto_free char *media_type = NULL;
    if (registry_ref_parse(search->url, &search->ref, err) < 0) {
        return -1;
    }
    search->tag = search->ref.tag != NULL ? xstrdup(search->ref.tag) : NULL;
    search->blob.kind = IMAGE_OTHER;
    return registry_manifest(&search->ref, NULL, &search->text, &media_type, &search->blob.digest, err);
}

static int complain_unknown(const struct search *search, struct err *err)
{
    auto_release(buf) struct buf has = {0};
    const struct image_saved *saved = search->source.saved;
    for (size_t i = 0; saved != NULL && i < search->source.saves && has.length < 400; i++) {
        const struct strlist *names = &saved[i].names;
        for (size_t k = 0; k < names->count && has.length < 400; k++) {
            buf_addf(&has, "%s'%s'", has.length > 0 ? ", " : "", names->item[k]);
        }
    }
    return err_set(err, ERR_NOT_FOUND, "it has no image '%s'; it has: %s",
                   search->reference != NULL ? search->reference : "", buf_text(&has));
}

/* An archive of the old form: its images are in manifest.json only. */
static int choose_saved(struct search *search, struct err *err)
{
    const struct image_source *source = &search->source;
    const struct image_saved *chosen = NULL;
    for (size_t i = 0; i < source->saves; i++) {
        const struct image_saved *saved = &source->saved[i];
        if (search->reference != NULL && !strlist_has(&saved->names, search->reference)) {
            continue;
        }
        if (chosen != NULL && !digest_equal(&chosen->manifest, &saved->manifest)) {
            return complain_several(strlist_items(&chosen->names)[0], strlist_items(&saved->names)[0], err);
        }
        chosen = saved;
    }
    if (chosen == NULL) {
        return complain_unknown(search, err);
    }
    const char *name = search->reference != NULL ? search->reference : strlist_items(&chosen->names)[0];
    search->tag = name != NULL ? xstrdup(name) : NULL;
    search->blob = (struct image_blob){.kind = IMAGE_MANIFEST, .digest = chosen->manifest};
    return get(search, err);
}

static int begin_local(struct search *search, struct err *err)
{
    if (image_source_open(search->url, &search->source, err) < 0) {
        return -1;
    }
    search->reference = search->source.reference;
    search->blob.kind = IMAGE_OTHER;
    if (search->reference != NULL && image_digest_from_text(search->reference, &search->blob.digest)) {
        search->reference = NULL;
        return get(search, err);
    }
    if (search->source.kind == IMAGE_SOURCE_ARCHIVE && search->source.is_old) {
        return choose_saved(search, err);
    }
    search->blob.kind = IMAGE_INDEX;
    return image_source_index(&search->source, &search->text, err);
}

static int read_config(struct search *search, struct image *image, struct err *err)
{
    const struct image_blob *config = &image->manifest.config;
    struct image_source in_store = {0};
    struct image_source *source = &search->source;
    auto_release(buf) struct buf text = {0};
    if (config->size > IMAGE_CONFIG_BYTES) {
        return err_set(err, ERR_INVALID, "its config is larger than %d bytes", IMAGE_CONFIG_BYTES);
    }
    if (search->remote) {
        struct progress progress = {0};
        struct fetch_item item = {.sha256 = config->digest, .size = config->size, .label = "the image's config"};
        int result = registry_blobs(&search->ref, search->store->fd, &item, 1, &progress, err);
        strlist_release(&item.from);
        progress_release(&progress);
        if (result < 0) {
            return -1;
        }
        image_source_of_store(search->store, &in_store);
        source = &in_store;
    }
    int result = image_source_read(source, &config->digest, config->size, IMAGE_CONFIG_BYTES, &text, err);
    if (search->remote) {
        image_source_close(&in_store);
    }
    return result < 0 ? -1
                      : image_config_parse("the image's config", buf_text(&text), text.length, image->manifest.layers,
                                           &image->config, err);
}

static int fill(struct search *search, struct image *image, struct err *err)
{
    if (image_manifest_parse("the image's manifest", buf_text(&search->text), search->text.length, &image->manifest,
                             err) < 0 ||
        read_config(search, image, err) < 0) {
        return -1;
    }
    /* An image without an index, or in one that does not say. What a definition names is only warned of. */
    if (search->asked && strcmp(image->config.architecture, search->architecture) != 0) {
        return err_set(err, ERR_NOT_FOUND, "it is for %s/%s only", image->config.os, image->config.architecture);
    }
    if (search->remote && image_keep_manifest(search->store, &search->text, &search->blob.digest, err) < 0) {
        return -1;
    }
    image->digest = search->blob.digest;
    image->size = search->text.length;
    image->tag = steal_ptr(&search->tag);
    size_t scheme = strcspn(search->url, ":") + 1;
    image->url = search->remote ? registry_ref_pinned(&search->ref, &image->digest)
                                : xasprintf("%.*s%s", (int)scheme, search->url, search->source.path);
    return 0;
}

int image_resolve(const char *url, const char *platform, const struct store *store, struct image *ret_image,
                  struct err *err)
{
    struct image image = {0};
    struct search search = {.url = url,
                            .store = store,
                            .source = {.dir_fd = -1, .archive = {.fd = -1}},
                            .remote = !image_source_is_local(url)};
    int result = take_platform(&search, platform, err);
    if (result == 0) {
        result = search.remote ? begin_remote(&search, err) : begin_local(&search, err);
    }
    if (result == 0) {
        result = descend(&search, err);
    }
    if (result == 0) {
        result = fill(&search, &image, err);
    }
    registry_ref_release(&search.ref);
    image_source_close(&search.source);
    buf_release(&search.text);
    free(search.tag);
    free(search.architecture);
    free(search.variant);
    if (result < 0) {
        image_release(&image);
        return err_wrap(err, "'%s'", url);
    }
    *ret_image = image;
    return 0;
}

void image_release(struct image *image)
{
    free(image->url);
    free(image->tag);
    image_manifest_release(&image->manifest);
    image_config_release(&image->config);
    *image = (struct image){0};
}
