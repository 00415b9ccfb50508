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
#include "base/units.h"
#include "base/whole.h"
#include "env/collect.h"
#include "supply/progress.h"
#include "supply/pull.h"
#include "supply/store_file.h"
#include "supply/tar_header.h"

enum { CHUNK = 1024 * 1024 };

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

static int put_all(const struct writing *writing, const struct definition *def, const struct store_file *file,
                   int artifact, struct err *err)
{
    static const char end[2 * TAR_BLOCK] = {0};
    auto_release(buf) struct buf list = {0};
    store_file_format(file, &list);
    if (put_text(writing, STORE_FILE_LIST, buf_text(&list), list.length, err) < 0 ||
        put_text(writing, STORE_FILE_DEFINITION, def->text, strlen(def->text), err) < 0 ||
        put_blob(writing, artifact, &file->blob[0], err) < 0) {
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

static int write_file(const struct definition *def, const struct store_file *file, int artifact, const char *path,
                      struct err *err)
{
    auto_release(progress) struct progress progress = {0};
    char size[16];
    struct whole whole;
    auto_free char *what = xasprintf("export %s", def->name);
    if (whole_begin(&whole, path, 0666, err) < 0) {
        return -1;
    }
    progress_begin(&progress, what, file->blob[0].size);
    struct writing writing = {.path = path, .to = whole.fd, .progress = &progress};
    if (put_all(&writing, def, file, artifact, err) < 0) {
        progress_release(&progress);
        whole_abandon(&whole);
        return -1;
    }
    if (whole_commit(&whole, err) < 0) {
        return -1;
    }
    progress_end(&progress, units_size(size, file->blob[0].size));
    return 0;
}

int store_export(const struct definition *def, const struct store *store, const char *path, bool replace,
                 struct err *err)
{
    struct stat st;
    struct store_file file = {.name = def->name}; /* borrowed */
    if (!replace && refuse_existing(path, err) < 0) {
        return -1;
    }
    auto_fd int kept = collect_keep_blobs(store);
    auto_fd int artifact = pull_artifact(def, store, err);
    if (artifact < 0 || fstat(artifact, &st) < 0) {
        return err_wrap(err, "export %s", def->name);
    }
    digest_bytes(def->text, strlen(def->text), &file.definition.digest);
    file.definition.size = strlen(def->text);
    store_file_add(&file, &def->sha256, (uint64_t)st.st_size);
    int result = write_file(def, &file, artifact, path, err);
    file.name = NULL;
    store_file_release(&file);
    return result < 0 ? err_wrap(err, "export %s", def->name) : 0;
}
