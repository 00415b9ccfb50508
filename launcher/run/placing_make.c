/* SPDX-License-Identifier: BSD-2-Clause
 * placing_make: the part of placing.h that puts inputs where the command of a rerun expects them. */
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
#include "run/placing.h"

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

/* The folder of the rerun that stands for a part of what is seen inside, and `path` as seen from it. NULL when there is
 * none. */
static const char *base_of(const struct placing *placing, const struct setup *setup, const char *path,
                           const char **ret_below)
{
    if (path[0] != '/') {
        *ret_below = path;
        return placing->workdir;
    }
    if (path_is_under(path, setup->workdir)) {
        *ret_below = path_below(path, setup->workdir);
        return placing->workdir;
    }
    const struct bind *folder = folder_over(setup, path);
    *ret_below = folder != NULL ? path_below(path, folder->target) : NULL;
    return folder != NULL ? folder->source : NULL;
}

char *placing_path(const struct placing *placing, const struct setup *setup, const char *path)
{
    const char *below;
    const char *base = base_of(placing, setup, path, &below);
    return base != NULL ? path_normal(base, below) : NULL;
}

int placing_open(const struct placing *placing, const struct setup *setup, const char *path, int flags, mode_t mode)
{
    const char *below;
    const char *base = base_of(placing, setup, path, &below);
    if (base == NULL) {
        errno = ENOENT;
        return -1;
    }
    if (below[0] == '\0') {
        return open(base, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    }
    auto_fd int base_fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return base_fd >= 0 ? fs_open_beneath(base_fd, below, flags, mode) : -1;
}

static int make_parent(const char *path, struct err *err)
{
    auto_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return fs_make_dirs(parent, 0777, err);
}

static struct timespec time_of(const struct file_item *input, const struct stat *st)
{
    if (input->mtime_ns == 0) {
        return st->st_mtim;
    }
    return (struct timespec){
        .tv_sec = (time_t)(input->mtime_ns / 1000000000),
        .tv_nsec = (long)(input->mtime_ns % 1000000000),
    };
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
    struct timespec times[2] = {st.st_atim, time_of(input, &st)};
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

static void bind_input(struct setup *setup, const char *source, const char *target, bool is_directory)
{
    struct bind *bind = bind_add(&setup->binds, source, target);
    bind->read_only = true;
    bind->is_directory = is_directory;
    bind->origin = BIND_INPUT;
}

/* Whether the file that was found shows the command what the first one did: a script must be executable, an index not
 * older than its data. */
static bool looks_alike(const struct file_item *input)
{
    struct stat st;
    if (stat(input->host, &st) < 0) {
        return true; /* the bind will say what is wrong */
    }
    struct timespec want = time_of(input, &st);
    return ((st.st_mode ^ input->mode) & 0111) == 0 && want.tv_sec == st.st_mtim.tv_sec &&
           want.tv_nsec == st.st_mtim.tv_nsec;
}

static bool is_same_content(const struct file_item *a, const struct file_item *b)
{
    return a->type == b->type && (a->type == FILE_REGULAR ? digest_equal(&a->digest, &b->digest)
                                                          : a->type == FILE_LINK && strcmp(a->target, b->target) == 0);
}

/* A second name of an input that is there: who writes to one must find it at the other. The contents are those that
 * were checked. False: it becomes a file of its own. */
static bool link_input(const struct placing *placing, const struct manifest *manifest, const struct file_item *input,
                       const char *to)
{
    struct err ignored = {0};
    const struct file_item *other = input->same_as != NULL ? file_list_find(&manifest->inputs, input->same_as) : NULL;
    auto_free char *from =
        other != NULL && is_same_content(input, other) ? placing_path(placing, &manifest->setup, other->path) : NULL;
    return from != NULL && make_parent(to, &ignored) == 0 && link(from, to) == 0;
}

static int place_file(const struct placing *placing, struct manifest *manifest, size_t number, struct err *err)
{
    const struct file_item *input = &manifest->inputs.item[number];
    auto_free char *to = placing_path(placing, &manifest->setup, input->path);
    if (to != NULL && link_input(placing, manifest, input, to)) {
        return 0;
    }
    if (to != NULL) {
        return copy_input(input, to, err);
    }
    if (strncmp(input->path, "/dev/", 5) == 0) {
        return 0; /* a redirected file without a name inside */
    }
    if (looks_alike(input)) {
        bind_input(&manifest->setup, input->host, input->path, false);
        return 0;
    }
    auto_free char *copy = xasprintf("%s/input.%zu", placing->run_folder, number);
    bind_input(&manifest->setup, copy, input->path, false);
    return copy_input(input, copy, err);
}

/* A directory that was read: there, and holding what of it is among the inputs. Elsewhere than in the work directory
 * the place of a file makes its directories; one that was empty is bound by itself. */
static int place_directory(const struct placing *placing, struct manifest *manifest, size_t number, struct err *err)
{
    const struct file_item *input = &manifest->inputs.item[number];
    auto_free char *to = placing_path(placing, &manifest->setup, input->path);
    if (to != NULL) {
        return fs_make_dirs(to, 0777, err);
    }
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        if (i != number && path_is_under(manifest->inputs.item[i].path, input->path)) {
            return 0;
        }
    }
    auto_free char *empty = xasprintf("%s/input.%zu", placing->run_folder, number);
    bind_input(&manifest->setup, empty, input->path, true);
    return fs_make_dirs(empty, 0777, err);
}

/* A link cannot be bound; what it led to can, at the link's place. */
static void place_link_outside(struct placing *placing, struct manifest *manifest, const struct file_item *link)
{
    auto_free char *folder = xstrndup(link->path, (size_t)(strrchr(link->path, '/') - link->path));
    auto_free char *target = path_normal(folder[0] != '\0' ? folder : "/", link->target);
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        const struct file_item *input = &manifest->inputs.item[i];
        if (input->type == FILE_REGULAR && strcmp(input->path, target) == 0) {
            bind_input(&manifest->setup, input->host, link->path, false);
            return;
        }
    }
    strlist_addf(&placing->notes, "the link '%s' to '%s' is not there in the rerun: it lies outside the work directory",
                 link->path, link->target);
}

static int place_link(struct placing *placing, struct manifest *manifest, size_t number, struct err *err)
{
    const struct file_item *link = &manifest->inputs.item[number];
    auto_free char *to = placing_path(placing, &manifest->setup, link->path);
    if (to == NULL) {
        place_link_outside(placing, manifest, link);
        return 0;
    }
    if (make_parent(to, err) < 0) {
        return -1;
    }
    if (!link_input(placing, manifest, link, to) && symlink(link->target, to) < 0 && errno != EEXIST) {
        return err_set_errno(err, ERR_SYSTEM, errno, "create the link '%s'", to);
    }
    return 0;
}

/* `names`: the further names of files that are there. */
static int place_all(struct placing *placing, struct manifest *manifest, enum file_type type, bool names,
                     struct err *err)
{
    int result = 0;
    for (size_t i = 0; i < manifest->inputs.count && result == 0; i++) {
        if (manifest->inputs.item[i].type != type || (manifest->inputs.item[i].same_as != NULL) != names) {
            continue;
        }
        result = type == FILE_REGULAR     ? place_file(placing, manifest, i, err)
                 : type == FILE_DIRECTORY ? place_directory(placing, manifest, i, err)
                                          : place_link(placing, manifest, i, err);
    }
    return result;
}

/* A folder at the end where none was before. */
static bool is_new_folder(const struct file_item *output)
{
    return output->type == FILE_DIRECTORY &&
           (output->change == FILE_CREATED || output->change == FILE_RENAMED || output->change == FILE_MODIFIED);
}

/* Folders that outputs went into and that the run did not make itself must have been there. That of something deleted
 * is made with it: it was an input. */
static int make_output_folders(const struct placing *placing, const struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->outputs.count; i++) {
        const struct file_item *output = &manifest->outputs.item[i];
        const char *slash = strrchr(output->path, '/');
        if (output->path[0] == '/' || slash == NULL || output->change == FILE_DELETED) {
            continue;
        }
        auto_free char *folder = xstrndup(output->path, (size_t)(slash - output->path));
        const struct file_item *made = file_list_find(&manifest->outputs, folder);
        if (made == NULL || !is_new_folder(made)) {
            auto_free char *path = xasprintf("%s/%s", placing->workdir, folder);
            if (fs_make_dirs(path, 0777, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* Last, as one may be read-only. No component is a link: the directories were there before the links. */
static int set_directory_modes(const struct placing *placing, const struct manifest *manifest, struct err *err)
{
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        const struct file_item *input = &manifest->inputs.item[i];
        auto_free char *to = placing_path(placing, &manifest->setup, input->path);
        if (input->type == FILE_DIRECTORY && input->mode != 0 && to != NULL && chmod(to, input->mode & 0777) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "set the mode of '%s'", to);
        }
    }
    return 0;
}

int placing_make(struct placing *placing, struct manifest *manifest, struct err *err)
{
    if (fs_make_dirs(placing->workdir, 0777, err) < 0 || rebuild_binds(placing, &manifest->setup, err) < 0) {
        return -1;
    }
    if (place_all(placing, manifest, FILE_DIRECTORY, false, err) < 0 ||
        place_all(placing, manifest, FILE_REGULAR, false, err) < 0 ||
        place_all(placing, manifest, FILE_REGULAR, true, err) < 0 || make_output_folders(placing, manifest, err) < 0) {
        return -1;
    }
    if (place_all(placing, manifest, FILE_LINK, false, err) < 0 ||
        place_all(placing, manifest, FILE_LINK, true, err) < 0) {
        return -1;
    }
    return set_directory_modes(placing, manifest, err);
}
