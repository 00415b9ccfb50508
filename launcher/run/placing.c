/* SPDX-License-Identifier: BSD-2-Clause
 * placing: the inputs of a rerun. */
#include "run/placing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"

/* Every place where the input could be, the likeliest first. Those before it in the list are found already: one with
 * the same content will do. */
static void list_places(const struct placing *placing, const struct manifest *manifest, const struct file_item *input,
                        struct strlist *ret_places)
{
    const char *path = input->path + (input->path[0] == '/');
    for (size_t i = 0; i < placing->folders.count; i++) {
        strlist_addf(ret_places, "%s/%s", placing->folders.item[i], path);
    }
    if (input->host != NULL) {
        strlist_add(ret_places, input->host);
    }
    for (size_t i = 0; i < placing->folders.count; i++) {
        const char *name = path_base(input->host != NULL ? input->host : path);
        strlist_addf(ret_places, "%s/%s", placing->folders.item[i], name);
    }
    for (const struct file_item *other = manifest->inputs.item; other != input; other++) {
        if (digest_equal(&other->digest, &input->digest) && other->host != NULL) {
            strlist_add(ret_places, other->host);
            break;
        }
    }
}

/* 1 when the file at `place` has the content that the manifest names, 0 when it has another, -1 when there is none. */
static int check_place(const char *place, const struct file_item *input, struct file_item *found, struct err *err)
{
    struct stat st;
    if (stat(place, &st) < 0 || !S_ISREG(st.st_mode)) {
        return -1;
    }
    if (file_item_read(found, place, input->offset, err) < 0) {
        return -1;
    }
    return digest_equal(&found->digest, &input->digest) ? 1 : 0;
}

static int complain(const struct file_item *input, const char *other_place, const struct digest *other,
                    const struct err *unread, struct err *err)
{
    char wanted[DIGEST_HEX + 1];
    char has[DIGEST_HEX + 1];
    digest_to_hex(&input->digest, wanted);
    if (other_place != NULL) {
        digest_to_hex(other, has);
        return err_set(err, ERR_MISMATCH,
                       "input '%s' is not as it was: '%s' has sha256 %.12s, the run read %.12s; give the folder that "
                       "holds the right one with --inputs",
                       input->path, other_place, has, wanted);
    }
    if (unread->kind != ERR_NONE) {
        *err = *unread;
        return err_wrap(err, "input '%s'", input->path);
    }
    return err_set(err, ERR_NOT_FOUND,
                   "input '%s' (sha256 %.12s, %llu bytes) was not found%s%s%s; give the folder that holds it with "
                   "--inputs",
                   input->path, wanted, (unsigned long long)input->size, input->host != NULL ? " at '" : "",
                   input->host != NULL ? input->host : "", input->host != NULL ? "'" : "");
}

static int find_input(const struct placing *placing, const struct manifest *manifest, struct file_item *input,
                      struct err *err)
{
    struct strlist places = {0};
    struct err unread = {0};
    struct digest other = {0};
    const char *other_place = NULL;
    int result = -1;
    list_places(placing, manifest, input, &places);
    for (size_t i = 0; i < places.count && result < 0; i++) {
        struct file_item found = {0};
        int matches = check_place(places.item[i], input, &found, &unread);
        if (matches == 1) {
            char *host = xstrdup(places.item[i]);
            free(input->host);
            input->host = host;
            result = 0;
        } else if (matches == 0 && other_place == NULL) {
            other_place = places.item[i];
            other = found.digest;
        }
    }
    if (result < 0) {
        complain(input, other_place, &other, &unread, err);
    }
    strlist_release(&places);
    return result;
}

int placing_find(struct placing *placing, struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->inputs.count;) {
        struct file_item *input = &manifest->inputs.item[i];
        struct err missing = {0};
        if (find_input(placing, manifest, input, &missing) == 0) {
            i++;
            continue;
        }
        if (!input->rewritten || input->role == NULL || strcmp(input->role, "argument") != 0) {
            *err = missing;
            return -1;
        }
        /* A name after -o that existed already: what was in the file then is not there any more, and was most likely
         * never read. */
        strlist_addf(&placing->notes, "'%s' was overwritten by the run and starts out absent", input->path);
        file_list_remove(&manifest->inputs, i);
    }
    return 0;
}

static bool is_writable_folder(const struct bind *bind)
{
    return !bind->read_only && bind->origin != BIND_WORK;
}

/* The bind of a manifest that is writable and holds `path`; its folder in the rerun is called bind.NUMBER. */
static const struct bind *folder_over(const struct setup *setup, const char *path)
{
    for (size_t i = setup->binds.count; i-- > 0;) {
        const struct bind *bind = &setup->binds.item[i];
        if (is_writable_folder(bind) && bind->source != NULL && path_is_under(path, bind->target)) {
            return bind;
        }
    }
    return NULL;
}

char *placing_path(const struct placing *placing, const struct setup *setup, const char *path)
{
    if (path[0] != '/') {
        return xasprintf("%s/%s", placing->workdir, path);
    }
    if (path_is_under(path, setup->workdir)) {
        return path_normal(placing->workdir, path_below(path, setup->workdir));
    }
    const struct bind *folder = folder_over(setup, path);
    return folder != NULL ? path_normal(folder->source, path_below(path, folder->target)) : NULL;
}

static int make_parent(const char *path, struct err *err)
{
    auto_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return fs_make_dirs(parent, 0777, err);
}

/* With the times of the original: tools compare the age of an index with that of its data. */
static int copy_input(const struct file_item *input, const char *to, struct err *err)
{
    struct stat st;
    if (make_parent(to, err) < 0) {
        return -1;
    }
    auto_fd int from_fd = open(input->host, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (from_fd < 0 || fstat(from_fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open input '%s'", input->host);
    }
    auto_fd int to_fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to_fd < 0) {
        return errno == EEXIST ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", to);
    }
    if (fs_copy_fd(from_fd, to_fd, to, err) < 0) {
        return -1;
    }
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    if (fchmod(to_fd, input->mode & 0777) < 0 || futimens(to_fd, times) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "set mode and times of '%s'", to);
    }
    return 0;
}

static int make_folder(const struct placing *placing, struct bind *bind, size_t number, struct err *err)
{
    bind->source = xasprintf("%s/bind.%zu", placing->run_folder, number);
    if (bind->is_directory) {
        return fs_make_dirs(bind->source, 0777, err);
    }
    auto_fd int fd = open(bind->source, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return fd >= 0 ? 0 : err_set_errno(err, ERR_SYSTEM, errno, "create '%s'", bind->source);
}

/* Keeps the work directory's second name and the writable folders; the rest of the binds showed inputs, which come one
 * by one. */
static int rebuild_binds(const struct placing *placing, struct setup *setup, struct err *err)
{
    struct bind_list old = setup->binds;
    int result = 0;
    setup->binds = (struct bind_list){0};
    for (size_t i = 0; i < old.count && result == 0; i++) {
        bool is_work = old.item[i].origin == BIND_WORK;
        if (!is_work && !is_writable_folder(&old.item[i])) {
            continue;
        }
        struct bind *bind = bind_add(&setup->binds, is_work ? placing->workdir : NULL, old.item[i].target);
        bind->read_only = old.item[i].read_only;
        bind->is_directory = old.item[i].is_directory;
        bind->origin = old.item[i].origin;
        result = is_work ? 0 : make_folder(placing, bind, i, err);
    }
    bind_list_release(&old);
    return result;
}

static int place_inputs(const struct placing *placing, struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        const struct file_item *input = &manifest->inputs.item[i];
        auto_free char *to = placing_path(placing, &manifest->setup, input->path);
        if (to != NULL) {
            if (copy_input(input, to, err) < 0) {
                return -1;
            }
        } else if (strncmp(input->path, "/dev/", 5) != 0) {
            struct bind *bind = bind_add(&manifest->setup.binds, input->host, input->path);
            bind->read_only = true;
            bind->origin = BIND_INPUT;
        }
    }
    return 0;
}

/* Folders that outputs went into and that the run did not make itself must have been there. */
static int make_output_folders(const struct placing *placing, const struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->outputs.count; i++) {
        const struct file_item *output = &manifest->outputs.item[i];
        const char *slash = strrchr(output->path, '/');
        if (output->path[0] == '/' || slash == NULL) {
            continue;
        }
        auto_free char *folder = xstrndup(output->path, (size_t)(slash - output->path));
        const struct file_item *made = file_list_find(&manifest->outputs, folder);
        if (made == NULL || made->change != FILE_CREATED) {
            auto_free char *path = xasprintf("%s/%s", placing->workdir, folder);
            if (fs_make_dirs(path, 0777, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int placing_make(struct placing *placing, struct manifest *manifest, struct err *err)
{
    if (fs_make_dirs(placing->workdir, 0777, err) < 0 || rebuild_binds(placing, &manifest->setup, err) < 0) {
        return -1;
    }
    if (place_inputs(placing, manifest, err) < 0) {
        return -1;
    }
    return make_output_folders(placing, manifest, err);
}
