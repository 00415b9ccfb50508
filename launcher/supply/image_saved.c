/* SPDX-License-Identifier: BSD-2-Clause
 * image_saved: the documents of what `docker save` writes. */
#include "supply/image_saved.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/mem.h"
#include "supply/image_config.h"
#include "supply/image_doc.h"
#include "supply/image_manifest.h"

enum { SAVED_IMAGES = 1000 };

int image_saved_check_layout(const char *name, const char *bytes, size_t length, struct err *err)
{
    auto_free char *what = xasprintf("%s/oci-layout", name);
    struct doc *doc = doc_parse(what, bytes, length, err);
    if (doc == NULL) {
        return -1;
    }
    auto_free char *version = doc_plain_text(doc_get(doc, "imageLayoutVersion"));
    doc_free(doc);
    if (version == NULL || strcmp(version, "1.0.0") != 0) {
        return err_set(err, ERR_INVALID, "'%s' is a layout of version '%s'; known is 1.0.0", name,
                       version != NULL ? version : "");
    }
    return 0;
}

int image_saved_member(struct image_source *source, const char *member, size_t most, struct buf *ret_bytes,
                       struct err *err)
{
    struct image_range range;
    if (!image_archive_find(&source->archive, member, &range)) {
        return err_set(err, ERR_INVALID, "has no '%s'", member);
    }
    if (range.size > most) {
        return err_set(err, ERR_INVALID, "'%s' is larger than %zu bytes", member, most);
    }
    struct image_place place = {.fd = source->archive.fd, .from = range.from, .size = range.size};
    return image_place_read(&place, ret_bytes, err);
}

static void add_alias(struct image_source *source, const struct digest *digest, const char *member, char *text)
{
    source->alias = xreallocarray(source->alias, source->aliases + 1, sizeof(*source->alias));
    source->alias[source->aliases++] =
        (struct image_alias){.digest = *digest, .member = member != NULL ? xstrdup(member) : NULL, .text = text};
}

/* The layers: their files from `files`, what they must be from the config. */
static int find_layers(struct image_source *source, const struct strlist *files, const struct image_config *config,
                       struct image_manifest *manifest, struct err *err)
{
    manifest->layer = xcalloc(config->layers, sizeof(*manifest->layer));
    manifest->layers = config->layers;
    for (size_t i = 0; i < config->layers; i++) {
        struct image_range range;
        if (!image_archive_find(&source->archive, files->item[i], &range)) {
            return err_set(err, ERR_INVALID, "has no '%s', which is layer %zu", files->item[i], i + 1);
        }
        manifest->layer[i] = (struct image_blob){.kind = IMAGE_LAYER, .digest = config->diff_id[i], .size = range.size};
        add_alias(source, &config->diff_id[i], files->item[i], NULL);
    }
    return 0;
}

static int make_manifest(struct image_source *source, const char *config_file, const struct strlist *files,
                         struct image_manifest *manifest, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    auto_release(image_config) struct image_config config = {0};
    if (files->count == 0 || files->count > IMAGE_LAYERS) {
        return err_set(err, ERR_INVALID, "has an image of %zu layers; 1 to %d are allowed", files->count, IMAGE_LAYERS);
    }
    if (image_saved_member(source, config_file, IMAGE_CONFIG_BYTES, &text, err) < 0 ||
        image_config_parse(config_file, buf_text(&text), text.length, files->count, &config, err) < 0) {
        return -1;
    }
    manifest->config = (struct image_blob){.kind = IMAGE_CONFIG, .size = text.length};
    digest_bytes(buf_text(&text), text.length, &manifest->config.digest);
    add_alias(source, &manifest->config.digest, config_file, NULL);
    return find_layers(source, files, &config, manifest, err);
}

static int read_image(struct image_source *source, const struct doc *doc, struct image_saved *saved, struct err *err)
{
    static const char *const keys[] = {"Config", "RepoTags", "Layers", NULL};
    auto_free char *config = NULL;
    auto_release(strlist) struct strlist files = {0};
    auto_release(image_manifest) struct image_manifest manifest = {0};
    if (image_doc_check_keys(doc, keys, err) < 0 || image_doc_text(doc, "Config", &config, err) < 0 ||
        image_doc_texts(doc, "RepoTags", &saved->names, err) < 0 || image_doc_texts(doc, "Layers", &files, err) < 0) {
        return -1;
    }
    if (config == NULL) {
        return err_set(err, ERR_INVALID, "names no Config");
    }
    if (make_manifest(source, config, &files, &manifest, err) < 0) {
        return -1;
    }
    char *text = image_manifest_write(&manifest);
    digest_bytes(text, strlen(text), &saved->manifest);
    add_alias(source, &saved->manifest, NULL, text);
    return 0;
}

/* The JSON library's top is an object here; this document's is an array. */
static struct doc *open_list(const struct buf *text, struct err *err)
{
    auto_release(buf) struct buf wrapped = {0};
    auto_release(strlist) struct strlist keys = {0};
    buf_add_text(&wrapped, "{\"images\":");
    buf_add(&wrapped, buf_text(text), text->length);
    buf_add_text(&wrapped, "}");
    struct doc *doc = doc_parse("manifest.json", buf_text(&wrapped), wrapped.length, err);
    if (doc != NULL) {
        doc_keys(doc, &keys);
    }
    if (doc != NULL && (keys.count != 1 || !doc_is_array(doc_get(doc, "images")))) {
        doc_free(doc);
        err_set(err, ERR_INVALID, "manifest.json: is not a JSON array");
        return NULL;
    }
    return doc;
}

int image_saved_read(struct image_source *source, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    struct image_range ignored;
    if (!image_archive_find(&source->archive, "manifest.json", &ignored)) {
        return err_set(err, ERR_INVALID,
                       "is not what 'docker save' writes: it has neither manifest.json nor index.json");
    }
    if (image_saved_member(source, "manifest.json", IMAGE_DOCUMENT_BYTES, &text, err) < 0) {
        return -1;
    }
    struct doc *doc = open_list(&text, err);
    if (doc == NULL) {
        return -1;
    }
    const struct doc *images = doc_get(doc, "images");
    size_t count = doc_count(images);
    int result =
        count == 0 || count > SAVED_IMAGES
            ? err_set(err, ERR_INVALID, "manifest.json names %zu images; 1 to %d are allowed", count, SAVED_IMAGES)
            : 0;
    source->saved = xcalloc(count + 1, sizeof(*source->saved));
    for (size_t i = 0; i < count && result == 0; i++) {
        source->saves++;
        result = read_image(source, doc_at(images, i), &source->saved[i], err);
    }
    doc_free(doc);
    return result;
}
