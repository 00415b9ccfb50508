/* SPDX-License-Identifier: BSD-2-Clause
 * image_keep: the blobs of an image in the store. */
#include "supply/image_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "supply/image.h"
#include "supply/image_bring.h"
#include "supply/stage.h"

enum { CHUNK = 1024 * 1024 };

struct job {
    const struct definition *def;
    const struct store *store;
    struct progress *progress;
    struct image_blobs blobs;
};

static int create(const struct stage *stage, struct err *err)
{
    int fd = openat(stage->fd, "blob", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return fd >= 0 ? fd : err_set_errno(err, ERR_SYSTEM, errno, "create a part of the image in the store");
}

int image_keep_manifest(const struct store *store, const struct buf *text, const struct digest *digest, struct err *err)
{
    auto_release(stage) struct stage stage = {.fd = -1};
    if (stage_begin(&stage, store, err) < 0) {
        return -1;
    }
    auto_fd int fd = create(&stage, err);
    return fd < 0 || fs_write_fd(fd, "the image's manifest", text->bytes, text->length, err) < 0
               ? -1
               : stage_commit_blob(&stage, "blob", digest, err);
}

/* Hashed while it is copied: a layer in somebody's folder may be anything. */
static int copy(struct job *job, const struct unpack_archive *from, int to, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    struct digest_state state;
    struct digest digest;
    digest_begin(&state);
    for (uint64_t done = 0; done < from->size;) {
        size_t most = from->size - done < CHUNK ? (size_t)(from->size - done) : CHUNK;
        ssize_t got = pread(from->fd, chunk, most, (off_t)(from->from + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read a layer");
        }
        if (got == 0) {
            break;
        }
        digest_update(&state, chunk, (size_t)got);
        if (fs_write_fd(to, "a layer", chunk, (size_t)got, err) < 0) {
            return -1;
        }
        done += (uint64_t)got;
        progress_add(job->progress, (uint64_t)got);
    }
    digest_end(&state, &digest);
    return digest_equal(&digest, &from->sha256) ? 0 : err_set(err, ERR_MISMATCH, "a layer has other bytes than pinned");
}

static int keep_layer(struct job *job, const struct unpack_archive *layer, struct err *err)
{
    auto_release(stage) struct stage stage = {.fd = -1};
    struct err absent = {0};
    auto_fd int there = store_open_blob(job->store, &layer->sha256, &absent);
    if (there >= 0) {
        return 0;
    }
    if (stage_begin(&stage, job->store, err) < 0) {
        return -1;
    }
    auto_fd int to = create(&stage, err);
    return to < 0 || copy(job, layer, to, err) < 0 ? -1 : stage_commit_blob(&stage, "blob", &layer->sha256, err);
}

/* Manifest and config, which are short, as the source has them. */
static int keep_document(struct job *job, struct image_source *source, const struct digest *digest, uint64_t size,
                         struct err *err)
{
    auto_release(buf) struct buf text = {0};
    return image_source_read(source, digest, size, IMAGE_CONFIG_BYTES, &text, err) < 0
               ? -1
               : image_keep_manifest(job->store, &text, digest, err);
}

static void add(struct image_blobs *blobs, enum image_kind kind, const struct digest *digest, uint64_t size)
{
    for (size_t i = 0; i < blobs->count; i++) {
        if (digest_equal(&blobs->blob[i].digest, digest)) {
            return; /* empty layers are all the same */
        }
    }
    blobs->blob = xreallocarray(blobs->blob, blobs->count + 1, sizeof(*blobs->blob));
    blobs->blob[blobs->count++] = (struct image_blob){.kind = kind, .digest = *digest, .size = size};
}

static int list(struct job *job, struct image_source *source, const struct image *image, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    if (image_source_read(source, &job->def->sha256, job->def->size, IMAGE_DOCUMENT_BYTES, &text, err) < 0) {
        return -1;
    }
    add(&job->blobs, IMAGE_MANIFEST, &job->def->sha256, text.length);
    add(&job->blobs, IMAGE_CONFIG, &image->manifest.config.digest, image->manifest.config.size);
    for (size_t i = 0; i < image->manifest.layers; i++) {
        add(&job->blobs, IMAGE_LAYER, &image->manifest.layer[i].digest, image->manifest.layer[i].size);
    }
    return 0;
}

static int keep(void *user, struct image_source *source, const struct image *image, const struct unpack_archive *layers,
                struct err *err)
{
    struct job *job = user;
    uint64_t total = 0;
    const struct image_blob *config = &image->manifest.config;
    auto_free char *what = xasprintf("copy %s", job->def->name);
    image_blobs_release(&job->blobs);
    if (list(job, source, image, err) < 0) {
        return -1;
    }
    if (source->kind == IMAGE_SOURCE_STORE) {
        return 0;
    }
    for (size_t i = 0; i < image->manifest.layers; i++) {
        total += layers[i].size;
    }
    progress_begin(job->progress, what, total);
    for (size_t i = 0; i < image->manifest.layers; i++) {
        if (keep_layer(job, &layers[i], err) < 0) {
            return -1;
        }
    }
    /* The manifest last: with it in the store the others are expected there. */
    if (keep_document(job, source, &config->digest, config->size, err) < 0 ||
        keep_document(job, source, &job->def->sha256, job->def->size, err) < 0) {
        return -1;
    }
    progress_release(job->progress);
    return 0;
}

int image_keep(const struct definition *def, const struct store *store, struct progress *progress,
               struct image_blobs *ret_blobs, struct err *err)
{
    struct job job = {.def = def, .store = store, .progress = progress};
    if (image_bring(def, store, progress, keep, &job, err) < 0) {
        image_blobs_release(&job.blobs);
        return -1;
    }
    *ret_blobs = job.blobs;
    return 0;
}

void image_blobs_release(struct image_blobs *blobs)
{
    free(blobs->blob);
    *blobs = (struct image_blobs){0};
}
