/* SPDX-License-Identifier: BSD-2-Clause
 * store_import: a file of `sciwrap store export` into the store. */
#include "supply/store_import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/collect.h"
#include "env/definition.h"
#include "supply/confined.h"
#include "supply/offline.h"
#include "base/progress.h"
#include "supply/pull.h"
#include "supply/stage.h"
#include "supply/store_file.h"

struct import {
    const char *path;
    const struct store *store;
    const struct store_import_options *options;
    int fd;
    struct stage stage;
    struct store_file file;
    struct buf text; /* of the definition */
    struct definition def;
    char *target; /* where the definition goes */
};

static void import_release(struct import *import)
{
    if (import->fd >= 0) {
        close(import->fd);
    }
    stage_release(&import->stage);
    store_file_release(&import->file);
    buf_release(&import->text);
    definition_release(&import->def);
    free(import->target);
}

/* What confined_run calls in the process that reads. */
static int work(void *user, int folder_fd, _Atomic uint64_t *done, void *result, struct err *err)
{
    *(char *)result = 1;
    return store_import_read(*(const int *)user, folder_fd, done, err);
}

static int read_apart(struct import *import, struct err *err)
{
    struct stat st;
    char done; /* that it could be read is all that comes back */
    auto_release(progress) struct progress progress = {0};
    auto_free char *what = xasprintf("import %s", path_base(import->path));
    /* O_NONBLOCK: a FIFO in the place of the file must not hold us. */
    import->fd = open(import->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (import->fd < 0 || fstat(import->fd, &st) < 0) {
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, errno, "it cannot be opened");
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "it is no regular file");
    }
    struct confined confined = {.what = "reads the file",
                                .folder_fd = import->stage.fd,
                                .input_fd = &import->fd,
                                .inputs = 1,
                                .limits = confined_default_limits,
                                .work = work,
                                .user = &import->fd,
                                .result_bytes = sizeof(done)};
    confined.limits.file_bytes = (uint64_t)st.st_size;
    progress_begin(&progress, what, (uint64_t)st.st_size);
    int result = confined_run(&confined, &progress, &done, err);
    progress_release(&progress);
    return result;
}

static int read_definition(struct import *import, struct err *err)
{
    auto_release(buf) struct buf list = {0};
    if (fs_read_at(import->stage.fd, "list", STORE_FILE_LIST_MOST, &list, err) < 0 ||
        store_file_parse(&import->file, buf_text(&list), list.length, err) < 0 ||
        fs_read_at(import->stage.fd, STORE_FILE_DEFINITION, STORE_FILE_DEFINITION_MOST, &import->text, err) < 0) {
        return -1;
    }
    const char *name = import->options->name != NULL ? import->options->name : import->file.name;
    import->target = xasprintf("%s/%s.ini", import->options->folder, name);
    if (definition_parse(&import->def, import->target, buf_text(&import->text), import->text.length, err) < 0) {
        return -1;
    }
    if (!digest_equal(&import->def.sha256, &import->file.blob[0].digest)) {
        return err_set(err, ERR_MISMATCH, "its definition pins another artifact than the one that is in it");
    }
    return 0;
}

/* 1: the same definition is there, 0: none is. Nobody's own definition is overwritten. */
static int compare_existing(const struct import *import, struct err *err)
{
    auto_release(buf) struct buf there = {0};
    struct err absent = {0};
    if (fs_read_path(import->target, STORE_FILE_DEFINITION_MOST, &there, &absent) < 0) {
        if (absent.kind == ERR_NOT_FOUND) {
            return 0;
        }
        *err = absent;
        return -1;
    }
    if (there.length == import->text.length && memcmp(there.bytes, import->text.bytes, there.length) == 0) {
        return 1;
    }
    return err_set(err, ERR_USAGE, "'%s' exists and is another definition; --name gives this one another name",
                   import->target);
}

static int commit_blobs(struct import *import, struct err *err)
{
    for (size_t i = 0; i < import->file.count; i++) {
        char hex[DIGEST_HEX + 1];
        digest_to_hex(&import->file.blob[i].digest, hex);
        if (stage_commit_blob(&import->stage, hex, &import->file.blob[i].digest, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int write_definition(const struct import *import, struct err *err)
{
    if (fs_make_dirs(import->options->folder, 0777, err) < 0) {
        return -1;
    }
    auto_fd int folder = open(import->options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open the folder '%s'", import->options->folder);
    }
    return fs_write_atomic(folder, path_base(import->target), 0644, import->text.bytes, import->text.length, err);
}

static int import_file(struct import *import, struct err *err)
{
    static const struct pull_options as_it_is = {0};
    offline_set(); /* all that is needed is in the file */
    if (stage_begin(&import->stage, import->store, err) < 0 || read_apart(import, err) < 0 ||
        read_definition(import, err) < 0) {
        return -1;
    }
    int there = compare_existing(import, err);
    if (there < 0 || commit_blobs(import, err) < 0 ||
        pull_environment(&import->def, import->store, &as_it_is, err) < 0 ||
        (there == 0 && write_definition(import, err) < 0)) {
        return -1;
    }
    log_info("environment %s is in the store, and its definition in '%s'", import->def.name, import->target);
    return 0;
}

void store_imported_release(struct store_imported *imported)
{
    free(imported->name);
    free(imported->definition);
    *imported = (struct store_imported){0};
}

int store_import(const char *path, const struct store *store, const struct store_import_options *options,
                 struct store_imported *ret_imported, struct err *err)
{
    struct import import = {.path = path, .store = store, .options = options, .fd = -1, .stage = {.fd = -1}};
    if (options->name != NULL && !path_is_name(options->name)) {
        return err_set(err, ERR_USAGE, "--name '%s': letters, digits and . _ + - only", options->name);
    }
    auto_fd int kept = collect_keep_blobs(store);
    int result = import_file(&import, err);
    if (result == 0) {
        ret_imported->name = steal_ptr(&import.def.name);
        ret_imported->definition = steal_ptr(&import.target);
        ret_imported->sha256 = import.def.sha256;
    }
    import_release(&import);
    return result < 0 ? err_wrap(err, "import '%s'", path) : 0;
}
