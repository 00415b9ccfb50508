/* SPDX-License-Identifier: BSD-2-Clause
 * cdi_find: the CDI specifications of this host. */
#include "run/cdi_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"

/* More is no folder of specifications. */
enum { FILES_MOST = 1000 };

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name);
    return length > strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* Nobody but root and the caller could have changed it. */
static bool is_safe(const struct stat *st, bool *of_user)
{
    bool own = st->st_uid == 0 || st->st_uid == geteuid();
    bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;
    *of_user |= st->st_uid != 0;
    return own && (sticky || (st->st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

static int check_safe(const char *path, const struct stat *st, bool *of_user, struct err *err)
{
    if (is_safe(st, of_user)) {
        return 0;
    }
    return err_set(err, ERR_HOST,
                   "'%s' can be written by others, so the CDI specifications there are not read: it must belong to "
                   "root or you (chown), and only its owner may write to it (chmod go-w)",
                   path);
}

/* The folder and all above it; the folder itself is not to be sticky and open. */
static int check_folder(const char *real, bool *of_user, struct err *err)
{
    auto_free char *path = xstrdup(real);
    struct stat st;
    if (stat(path, &st) == 0 && (st.st_mode & S_ISVTX) != 0) {
        st.st_mode &= ~(mode_t)S_ISVTX;
        if (check_safe(path, &st, of_user, err) < 0) {
            return -1;
        }
    }
    for (char *slash = path + strlen(path); slash != NULL; slash = strrchr(path, '/')) {
        *slash = '\0';
        const char *at = path[0] != '\0' ? path : "/";
        if (stat(at, &st) < 0) {
            return err_set_errno(err, ERR_SYSTEM, errno, "'%s'", at);
        }
        if (check_safe(at, &st, of_user, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Where the file is: what leads there can be a link into a folder of others'. */
static int check_target(const char *path, bool *of_user, struct err *err)
{
    auto_free char *real = realpath(path, NULL);
    if (real == NULL) {
        return err_set_errno(err, ERR_SYSTEM, errno, "'%s'", path);
    }
    *strrchr(real, '/') = '\0';
    return check_folder(real[0] != '\0' ? real : "/", of_user, err);
}

static int read_file(int folder_fd, const char *name, struct cdi_file *file, struct err *err)
{
    struct stat st;
    auto_release(buf) struct buf text = {0};
    auto_fd int fd = openat(folder_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "'%s'", file->path);
    }
    if (check_safe(file->path, &st, &file->of_user, err) < 0 || !S_ISREG(st.st_mode)) {
        return err->kind != ERR_NONE ? -1 : err_set(err, ERR_INVALID, "'%s' is not a regular file", file->path);
    }
    if (fs_read_fd(fd, file->path, CDI_BYTES_MOST, &text, err) < 0) {
        return -1;
    }
    digest_bytes(buf_text(&text), text.length, &file->digest);
    return cdi_parse(&file->spec, file->path, buf_text(&text), text.length, !ends_in(name, ".json"), err);
}

static void look_in(struct cdi_files *files, const char *folder, size_t priority)
{
    struct err err = {0};
    auto_release(strlist) struct strlist names = {0};
    bool of_user = false;
    auto_free char *real = realpath(folder, NULL);
    if (real == NULL) {
        return; /* most hosts have none */
    }
    strlist_add(&files->folders, folder);
    auto_fd int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fs_list(fd, ".", &names, &err) < 0) {
        strlist_addf(&files->troubles, "'%s': %s", folder, strerror(errno));
        return;
    }
    for (size_t i = 0; i < names.count && files->count < FILES_MOST; i++) {
        const char *name = names.item[i];
        if (name[0] == '.' || (!ends_in(name, ".json") && !ends_in(name, ".yaml") && !ends_in(name, ".yml"))) {
            continue;
        }
        struct cdi_file file = {.path = xasprintf("%s/%s", real, name), .priority = priority};
        struct err wrong = {0};
        if (check_folder(real, &of_user, &wrong) < 0 || check_target(file.path, &of_user, &wrong) < 0 ||
            read_file(fd, name, &file, &wrong) < 0) {
            strlist_add(&files->troubles, wrong.text);
            free(file.path);
            continue;
        }
        file.of_user |= of_user;
        files->item = xreallocarray(files->item, files->count + 1, sizeof(*files->item));
        files->item[files->count++] = file;
    }
}

void cdi_find(const struct strlist *more, struct cdi_files *ret_files)
{
    size_t priority = 0;
    const char *named = getenv("SCIWRAP_CDI_DIRS");
    look_in(ret_files, "/etc/cdi", priority++);
    look_in(ret_files, "/var/run/cdi", priority++);
    while (named != NULL && *named != '\0') {
        size_t length = strcspn(named, ":");
        auto_free char *folder = xstrndup(named, length);
        if (folder[0] == '/') {
            look_in(ret_files, folder, priority++);
        }
        named += length + (named[length] == ':');
    }
    for (size_t i = 0; more != NULL && i < more->count; i++) {
        look_in(ret_files, more->item[i], priority++);
    }
}

static const struct cdi_device *device_in(const struct cdi_file *file, const char *kind, const char *name)
{
    if (strcmp(file->spec.kind, kind) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < file->spec.device_count; i++) {
        if (strcmp(file->spec.device[i].name, name) == 0) {
            return &file->spec.device[i];
        }
    }
    return NULL;
}

static int complain_absent(const struct cdi_files *files, const char *kind, const char *name, struct err *err)
{
    auto_release(buf) struct buf known = {0};
    for (size_t i = 0; i < files->count && known.length < 300; i++) {
        const struct cdi_spec *spec = &files->item[i].spec;
        for (size_t k = 0; k < spec->device_count && known.length < 300; k++) {
            buf_addf(&known, "%s%s=%s", known.length > 0 ? ", " : "", spec->kind, spec->device[k].name);
        }
    }
    const char *trouble = files->troubles.count > 0 ? files->troubles.item[0] : NULL;
    return err_set(err, ERR_NOT_FOUND, "there is no device %s=%s on this host%s%s%s%s", kind, name,
                   known.length > 0 ? "; known are " : "; no CDI specification names any device", buf_text(&known),
                   trouble != NULL ? "; not read: " : "", trouble != NULL ? trouble : "");
}

int cdi_device(const struct cdi_files *files, const char *kind, const char *name, const struct cdi_file **ret_file,
               const struct cdi_device **ret_device, struct err *err)
{
    const struct cdi_file *best = NULL;
    for (size_t i = 0; i < files->count; i++) {
        const struct cdi_file *file = &files->item[i];
        if (device_in(file, kind, name) == NULL) {
            continue;
        }
        if (best != NULL && best->priority == file->priority) {
            return err_set(err, ERR_INVALID, "two CDI specifications name the device %s=%s: '%s' and '%s'; remove one",
                           kind, name, best->path, file->path);
        }
        best = file; /* files are in the order of their folders */
    }
    if (best == NULL) {
        return complain_absent(files, kind, name, err);
    }
    *ret_file = best;
    *ret_device = device_in(best, kind, name);
    return 0;
}

bool cdi_has_kind(const struct cdi_files *files, const char *kind)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->item[i].spec.kind, kind) == 0) {
            return true;
        }
    }
    return false;
}

void cdi_kinds(const struct cdi_files *files, const char *class, struct strlist *ret_kinds)
{
    for (size_t i = 0; i < files->count; i++) {
        const char *kind = files->item[i].spec.kind;
        if (strcmp(strchr(kind, '/') + 1, class) == 0 && !strlist_has(ret_kinds, kind)) {
            strlist_add(ret_kinds, kind);
        }
    }
}

void cdi_files_release(struct cdi_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->item[i].path);
        cdi_spec_release(&files->item[i].spec);
    }
    free(files->item);
    strlist_release(&files->folders);
    strlist_release(&files->troubles);
    *files = (struct cdi_files){0};
}
