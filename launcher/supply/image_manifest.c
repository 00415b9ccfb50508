/* SPDX-License-Identifier: BSD-2-Clause
 * image_manifest: the JSON documents of an image. */
#include "supply/image_manifest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/mem.h"
#include "supply/image_doc.h"

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

static const struct {
    const char *media_type;
    enum image_kind kind;
} kinds[] = {
    {OCI "manifest.v1+json", IMAGE_MANIFEST},
    {OCI "index.v1+json", IMAGE_INDEX},
    {OCI "config.v1+json", IMAGE_CONFIG},
    {OCI "layer.v1.tar", IMAGE_LAYER},
    {OCI "layer.v1.tar+gzip", IMAGE_LAYER},
    {OCI "layer.v1.tar+zstd", IMAGE_LAYER},
    {OCI "layer.nondistributable.v1.tar", IMAGE_FOREIGN},
    {OCI "layer.nondistributable.v1.tar+gzip", IMAGE_FOREIGN},
    {OCI "layer.nondistributable.v1.tar+zstd", IMAGE_FOREIGN},
    {DOCKER "distribution.manifest.v2+json", IMAGE_MANIFEST},
    {DOCKER "distribution.manifest.list.v2+json", IMAGE_INDEX},
    {DOCKER "container.image.v1+json", IMAGE_CONFIG},
    {DOCKER "image.rootfs.diff.tar", IMAGE_LAYER},
    {DOCKER "image.rootfs.diff.tar.gzip", IMAGE_LAYER},
    {DOCKER "image.rootfs.diff.tar.zstd", IMAGE_LAYER},
    {DOCKER "image.rootfs.foreign.diff.tar", IMAGE_FOREIGN},
    {DOCKER "image.rootfs.foreign.diff.tar.gzip", IMAGE_FOREIGN},
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

enum image_kind image_kind_of(const char *media_type)
{
    for (size_t i = 0; media_type != NULL && i < KINDS; i++) {
        if (strcmp(kinds[i].media_type, media_type) == 0) {
            return kinds[i].kind;
        }
    }
    return IMAGE_OTHER;
}

static char *get(const struct doc *object, const char *key)
{
    return doc_plain_text(doc_get(object, key));
}

bool image_digest_from_text(const char *text, struct digest *ret_digest)
{
    return text != NULL && strncmp(text, "sha256:", 7) == 0 && digest_from_hex(text + 7, ret_digest);
}

/* A descriptor (descriptor.md). `what` says which one, for messages. */
static int read_blob(const struct doc *doc, const char *what, struct image_blob *ret_blob, struct err *err)
{
    static const char *const keys[] = {"mediaType", "digest", "size", "platform", "annotations", NULL};
    const uint64_t most = UINT64_C(1) << 50;
    auto_free char *digest = get(doc, "digest");
    auto_free char *media_type = get(doc, "mediaType");
    struct image_blob blob = {.kind = image_kind_of(media_type)};
    if (image_doc_check_keys(doc, keys, err) < 0) {
        return err_wrap(err, "%s", what);
    }
    if (media_type == NULL) {
        return err_set(err, ERR_INVALID, "%s has no mediaType", what);
    }
    if (!image_digest_from_text(digest, &blob.digest)) {
        return err_set(err, ERR_INVALID, "%s has the digest '%s', not sha256: and 64 digits 0-9 and a-f", what,
                       digest != NULL ? digest : "");
    }
    if (!doc_get_number(doc, "size", &blob.size) || blob.size == 0 || blob.size > most) {
        return err_set(err, ERR_INVALID, "%s has no size from 1 to 2^50", what);
    }
    *ret_blob = blob;
    return 0;
}

static const char *const document_keys[] = {"schemaVersion", "mediaType", "config", "layers", "manifests", NULL};

/* The document, which is a manifest or an index, of whichever kind it says. */
static struct doc *open_document(const char *name, const char *bytes, size_t length, enum image_kind *ret_kind,
                                 struct err *err)
{
    uint64_t version = 0;
    struct doc *doc = doc_parse(name, bytes, length, err);
    if (doc == NULL) {
        return NULL;
    }
    auto_free char *media_type = NULL;
    int result = image_doc_text(doc, "mediaType", &media_type, err);
    bool index = doc_get(doc, "manifests") != NULL;
    bool manifest = doc_get(doc, "config") != NULL || doc_get(doc, "layers") != NULL;
    enum image_kind kind = media_type != NULL ? image_kind_of(media_type) : index ? IMAGE_INDEX : IMAGE_MANIFEST;
    if (result < 0 || image_doc_check_keys(doc, document_keys, err) < 0) {
        result = err_wrap(err, "%s", name);
    } else if (media_type != NULL && kind != IMAGE_MANIFEST && kind != IMAGE_INDEX) {
        result = err_set(err, ERR_INVALID, "%s: is of the type '%s', not a manifest or index of OCI or Docker schema 2",
                         name, media_type);
    } else if (index == manifest) {
        result = err_set(err, ERR_INVALID,
                         index ? "%s: is a manifest and an index at the same time: readers take it for different images"
                               : "%s: is neither a manifest nor an index of images",
                         name);
    } else if (index != (kind == IMAGE_INDEX)) {
        result = err_set(err, ERR_INVALID, "%s: says that it is '%s', and is %s", name, media_type,
                         index ? "an index" : "a manifest");
    } else if (!doc_get_number(doc, "schemaVersion", &version) || version != 2) {
        result = err_set(err, ERR_INVALID, "%s: has no schemaVersion 2", name);
    }
    if (result < 0) {
        doc_free(doc);
        return NULL;
    }
    *ret_kind = kind;
    return doc;
}

int image_document_kind(const char *name, const char *bytes, size_t length, enum image_kind *ret_kind, struct err *err)
{
    struct doc *doc = open_document(name, bytes, length, ret_kind, err);
    if (doc == NULL) {
        return -1;
    }
    doc_free(doc);
    return 0;
}

static int read_config(const struct doc *doc, struct image_manifest *manifest, struct err *err)
{
    auto_free char *artifact = get(doc, "artifactType");
    auto_free char *media_type = get(doc_get(doc, "config"), "mediaType");
    if (read_blob(doc_get(doc, "config"), "the config", &manifest->config, err) < 0) {
        return -1;
    }
    if (manifest->config.kind != IMAGE_CONFIG) {
        return err_set(err, ERR_INVALID, "is no image to run, but something else that is kept like one ('%s')",
                       artifact != NULL ? artifact : media_type);
    }
    return 0;
}

static int read_layers(const struct doc *doc, struct image_manifest *manifest, struct err *err)
{
    const struct doc *layers = doc_get(doc, "layers");
    size_t count = doc_count(layers);
    if (count == 0) {
        return err_set(err, ERR_INVALID, "has no layers");
    }
    if (count > IMAGE_LAYERS) {
        return err_set(err, ERR_INVALID, "has %zu layers, and %d are allowed", count, IMAGE_LAYERS);
    }
    manifest->layer = xcalloc(count, sizeof(*manifest->layer));
    for (size_t i = 0; i < count; i++) {
        auto_free char *what = xasprintf("layer %zu of %zu", i + 1, count);
        auto_free char *media_type = get(doc_at(layers, i), "mediaType");
        struct image_blob *layer = &manifest->layer[i];
        if (read_blob(doc_at(layers, i), what, layer, err) < 0) {
            return -1;
        }
        if (layer->kind == IMAGE_FOREIGN) {
            return err_set(err, ERR_INVALID, "%s may not be handed on ('%s'), and so is not with the image", what,
                           media_type);
        }
        if (layer->kind != IMAGE_LAYER) {
            return err_set(err, ERR_INVALID, "%s is of the type '%s'; known are tar, tar+gzip and tar+zstd", what,
                           media_type);
        }
        manifest->layers++;
    }
    return 0;
}

int image_manifest_parse(const char *name, const char *bytes, size_t length, struct image_manifest *ret_manifest,
                         struct err *err)
{
    struct image_manifest manifest = {0};
    enum image_kind kind;
    struct doc *doc = open_document(name, bytes, length, &kind, err);
    if (doc == NULL) {
        return -1;
    }
    int result = kind == IMAGE_INDEX
                     ? err_set(err, ERR_INVALID,
                               "is an index of images, and a pin is of the image for one platform; 'sciwrap pin' "
                               "chooses it")
                     : read_config(doc, &manifest, err);
    if (result == 0) {
        result = read_layers(doc, &manifest, err);
    }
    doc_free(doc);
    if (result < 0) {
        image_manifest_release(&manifest);
        return err_wrap(err, "%s", name);
    }
    *ret_manifest = manifest;
    return 0;
}

void image_manifest_release(struct image_manifest *manifest)
{
    free(manifest->layer);
    *manifest = (struct image_manifest){0};
}

static int read_entry(const struct doc *doc, const char *what, struct image_entry *entry, struct err *err)
{
    const struct doc *platform = doc_get(doc, "platform");
    static const char *const keys[] = {"os", "architecture", "variant", NULL};
    if (read_blob(doc, what, &entry->blob, err) < 0) {
        return -1;
    }
    if (platform != NULL && image_doc_check_keys(platform, keys, err) < 0) {
        return err_wrap(err, "%s", what);
    }
    entry->os = get(platform, "os");
    entry->architecture = get(platform, "architecture");
    entry->variant = get(platform, "variant");
    entry->name = get(doc_get(doc, "annotations"), "org.opencontainers.image.ref.name");
    return 0;
}

int image_index_parse(const char *name, const char *bytes, size_t length, struct image_index *ret_index,
                      struct err *err)
{
    struct image_index index = {0};
    enum image_kind kind;
    struct doc *doc = open_document(name, bytes, length, &kind, err);
    if (doc == NULL) {
        return -1;
    }
    const struct doc *entries = doc_get(doc, "manifests");
    size_t count = doc_count(entries);
    int result = 0;
    if (kind != IMAGE_INDEX) {
        result = err_set(err, ERR_INVALID, "is no index of images");
    } else if (count > IMAGE_INDEX_ENTRIES) {
        result = err_set(err, ERR_INVALID, "names %zu images, and %d are allowed", count, IMAGE_INDEX_ENTRIES);
    }
    index.entry = xcalloc(count + 1, sizeof(*index.entry));
    for (size_t i = 0; i < count && result == 0; i++) {
        auto_free char *what = xasprintf("image %zu of %zu", i + 1, count);
        index.count++;
        result = read_entry(doc_at(entries, i), what, &index.entry[i], err);
    }
    doc_free(doc);
    if (result < 0) {
        image_index_release(&index);
        return err_wrap(err, "%s", name);
    }
    *ret_index = index;
    return 0;
}

void image_index_release(struct image_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        free(index->entry[i].os);
        free(index->entry[i].architecture);
        free(index->entry[i].variant);
        free(index->entry[i].name);
    }
    free(index->entry);
    *index = (struct image_index){0};
}

static void write_blob(struct buf *text, const char *media_type, const struct image_blob *blob)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&blob->digest, hex);
    buf_addf(text, "{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%llu}", media_type, hex,
             (unsigned long long)blob->size);
}

/* By hand: its digest becomes a pin, which no change of a library's way to print may touch. */
char *image_manifest_write(const struct image_manifest *manifest)
{
    struct buf text = {0};
    buf_add_text(&text, "{\"schemaVersion\":2,\"mediaType\":\"" OCI "manifest.v1+json\",\"config\":");
    write_blob(&text, OCI "config.v1+json", &manifest->config);
    buf_add_text(&text, ",\"layers\":[");
    for (size_t i = 0; i < manifest->layers; i++) {
        buf_add_text(&text, i > 0 ? "," : "");
        write_blob(&text, OCI "layer.v1.tar", &manifest->layer[i]);
    }
    buf_add_text(&text, "]}");
    return buf_take(&text);
}
