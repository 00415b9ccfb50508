/* SPDX-License-Identifier: BSD-2-Clause
 * store_export: an environment as one file. */
#include "supply/store_export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/units.h"
#include "base/whole.h"
#include "env/collect.h"
#include "supply/image_keep.h"
#include "supply/pull.h"
#include "supply/store_file.h"
#include "supply/tar_header.h"

enum { CHUNK = 1024 * 1024 };

struct export
{
    const struct definition *def;
    const struct store *store;
    int artifact; /* open; -1: it is an image, whose blobs lie in the store */
    struct store_file file;
};

struct writing {
    const char *path;
    int to;
    struct progress *progress;
};

static int put(const struct writing *writing, const void *bytes, size_t length, struct err *err)
{
    return fs_write_fd(writing->to, writing->path, bytes, length, err);
}

static int put_padding(const struct writing *writing, uint64_t size, struct err *err)
{
    static const char zero[TAR_BLOCK] = {0};
    return put(writing, zero, (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK, err);
}

static int put_header(const struct writing *writing, const char *path, uint64_t size, struct err *err)
{
    auto_release(buf) struct buf blocks = {0};
    return store_file_header(path, size, &blocks, err) < 0 ? -1 : put(writing, blocks.bytes, blocks.length, err);
}

static int put_text(const struct writing *writing, const char *path, const char *text, size_t length, struct err *err)
{
    if (put_header(writing, path, length, err) < 0 || put(writing, text, length, err) < 0) {
        return -1;
    }
    return put_padding(writing, length, err);
}

/* Hashed while it is copied: what goes into the file is what is pinned. */
static int copy_blob(const struct writing *writing, int from, const struct store_file_member *blob, struct err *err)
{
    auto_free char *chunk = xmalloc(CHUNK);
    struct digest_state state;
    struct digest digest;
    uint64_t done = 0;
    digest_begin(&state);
    for (;;) {
        ssize_t got = pread(from, chunk, CHUNK, (off_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "read the artifact");
        }
        if (got == 0 || done + (uint64_t)got > blob->size) {
            break;
        }
        digest_update(&state, chunk, (size_t)got);
        if (put(writing, chunk, (size_t)got, err) < 0) {
            return -1;
        }
        done += (uint64_t)got;
        progress_add(writing->progress, (uint64_t)got);
    }
    digest_end(&state, &digest);
    return done == blob->size && digest_equal(&digest, &blob->digest)
               ? 0
               : err_set(err, ERR_MISMATCH, "the artifact changed while it was read");
}

static int put_blob(const struct writing *writing, int from, const struct store_file_member *blob, struct err *err)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&blob->digest, hex);
    auto_free char *path = xasprintf("blobs/sha256/%s", hex);
    if (put_header(writing, path, blob->size, err) < 0 || copy_blob(writing, from, blob, err) < 0) {
        return -1;
    }
    return put_padding(writing, blob->size, err);
}

/* The first blob is open, unless it is one of several that lie in the store. */
static int put_blobs(const struct writing *writing, const struct store *store, int artifact,
                     const struct store_file *file, struct err *err)
{
    for (size_t i = 0; i < file->count; i++) {
        auto_fd int stored = artifact < 0 ? store_open_blob(store, &file->blob[i].digest, err) : -1;
        if ((artifact < 0 && stored < 0) ||
            put_blob(writing, artifact < 0 ? stored : artifact, &file->blob[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int put_all(const struct writing *writing, const struct export *export, struct err *err)
{
    static const char end[2 * TAR_BLOCK] = {0};
    const char *definition = export->def->text;
    auto_release(buf) struct buf list = {0};
    store_file_format(&export->file, &list);
    if (put_text(writing, STORE_FILE_LIST, buf_text(&list), list.length, err) < 0 ||
        put_text(writing, STORE_FILE_DEFINITION, definition, strlen(definition), err) < 0 ||
        put_blobs(writing, export->store, export->artifact, &export->file, err) < 0) {
        return -1;
    }
    return put(writing, end, sizeof(end), err);
}

/* What is there is only replaced when that was asked for: it may be the only copy of another environment. */
static int refuse_existing(const char *path, struct err *err)
{
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0
               ? err_set(err, ERR_USAGE, "'%s' exists; --force replaces it", path)
               : 0;
}

static int write_file(const struct export *export, const char *path, struct err *err)
{
    auto_release(progress) struct progress progress = {0};
    struct whole whole;
    uint64_t total = 0;
    auto_free char *what = xasprintf("export %s", export->def->name);
    for (size_t i = 0; i < export->file.count; i++) {
        total += export->file.blob[i].size;
    }
    if (whole_begin(&whole, path, 0666, err) < 0) {
        whole_abandon(&whole);
        return -1;
    }
    progress_begin(&progress, what, total);
    struct writing writing = {.path = path, .to = whole.fd, .progress = &progress};
    if (put_all(&writing, export, err) < 0) {
        progress_release(&progress);
        whole_abandon(&whole);
        return -1;
    }
    if (whole_commit(&whole, err) < 0) {
        return -1;
    }
    auto_free char *outcome = xasprintf("wrote '%s'", path);
    progress_end(&progress, outcome);
    return 0;
}

static int find_image(struct export *export, struct err *err)
{
    auto_release(progress) struct progress progress = {0};
    auto_release(image_blobs) struct image_blobs blobs = {0};
    if (image_keep(export->def, export->store, &progress, &blobs, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < blobs.count; i++) {
        store_file_add(&export->file, &blobs.blob[i].digest, blobs.blob[i].size);
    }
    return 0;
}

static int find_artifact(struct export *export, struct err *err)
{
    struct stat st;
    export->artifact = pull_artifact(export->def, export->store, err);
    if (export->artifact < 0 || fstat(export->artifact, &st) < 0) {
        return -1;
    }
    store_file_add(&export->file, &export->def->sha256, (uint64_t)st.st_size);
    return 0;
}

int store_export(const struct definition *def, const struct store *store, const char *path, bool replace,
                 struct err *err)
{
    struct export export = {.def = def, .store = store, .artifact = -1, .file = {.name = def->name /* borrowed */}};
    if (!replace && refuse_existing(path, err) < 0) {
        return -1;
    }
    auto_fd int kept = collect_keep_blobs(store);
    digest_bytes(def->text, strlen(def->text), &export.file.definition.digest);
    export.file.definition.size = strlen(def->text);
    int result = def->type == ARTIFACT_IMAGE ? find_image(&export, err) : find_artifact(&export, err);
    if (result == 0) {
        result = write_file(&export, path, err);
    }
    if (export.artifact >= 0) {
        close(export.artifact);
    }
    export.file.name = NULL;
    store_file_release(&export.file);
    return result < 0 ? err_wrap(err, "export %s", def->name) : 0;
}
