/* SPDX-License-Identifier: BSD-2-Clause
 * definition_find: which file an environment's name means. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "env/definition.h"

/* What lies beside the running program: PREFIX/share/sciwrap for PREFIX/bin/sciwrap and for
 * PREFIX/libexec/sciwrap/sciwrap-env. */
static void add_installed(struct strlist *folders, const char *leaf)
{
    auto_free char *self = fs_self_path();
    if (self == NULL) {
        return;
    }
    char *folder = strrchr(self, '/');
    *folder = '\0';
    folder = strrchr(self, '/');
    if (folder != NULL && strcmp(folder, "/sciwrap") == 0) {
        *folder = '\0';
        folder = strrchr(self, '/');
    }
    if (folder != NULL) {
        *folder = '\0';
        strlist_addf(folders, "%s/share/sciwrap/%s", self, leaf);
    }
}

static void add_listed(struct strlist *folders, const char *list)
{
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ":");
        if (length > 0) {
            strlist_take(folders, xstrndup(list, length));
        }
        list += length + (list[length] == ':');
    }
}

static void list_folders(struct strlist *folders, const char *variable, const char *leaf)
{
    strlist_addf(folders, "./%s", leaf);
    add_listed(folders, getenv(variable));
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (config != NULL && config[0] == '/') {
        strlist_addf(folders, "%s/sciwrap/%s", config, leaf);
    } else if (home != NULL && home[0] == '/') {
        strlist_addf(folders, "%s/.config/sciwrap/%s", home, leaf);
    }
    strlist_addf(folders, "/etc/sciwrap/%s", leaf);
    add_installed(folders, leaf);
}

void definition_folders(struct strlist *ret_folders)
{
    list_folders(ret_folders, "SCIWRAP_ENVS", "envs");
}

void definition_recipe_folders(struct strlist *ret_folders)
{
    list_folders(ret_folders, "SCIWRAP_RECIPES", "recipes");
}

/* Appends the folder's definitions whose name is new in `names`. A folder that does not exist has none, nor has one
 * that we may not enter: $HOME can be another user's after su(1). */
static int list_one(const char *folder, struct strlist *names, struct strlist *paths, struct err *err)
{
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool usable = fd >= 0 && faccessat(fd, ".", X_OK, 0) == 0; /* who may list may not always enter */
    if (!usable && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) {
        return 0;
    }
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open directory '%s'", folder);
    }
    auto_release(strlist) struct strlist files = {0};
    if (fs_list(fd, ".", &files, err) < 0) {
        return err_wrap(err, "list '%s'", folder);
    }
    for (size_t i = 0; i < files.count; i++) {
        size_t length = strlen(files.item[i]);
        if (length <= 4 || strcmp(files.item[i] + length - 4, ".ini") != 0) {
            continue;
        }
        auto_free char *name = xstrndup(files.item[i], length - 4);
        if (path_is_name(name) && !strlist_has(names, name)) {
            strlist_add(names, name);
            strlist_addf(paths, "%s/%s", folder, files.item[i]);
        }
    }
    return 0;
}

static int list_all(struct strlist *names, struct strlist *paths, struct err *err)
{
    auto_release(strlist) struct strlist folders = {0};
    definition_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        if (list_one(folders.item[i], names, paths, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int definition_list(struct strlist *ret_paths, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    auto_release(strlist) struct strlist paths = {0};
    if (list_all(&names, &paths, err) < 0) {
        return -1;
    }
    /* Names are unique: after sorting them each path is found by its own. */
    strlist_sort(&names);
    for (size_t i = 0; i < names.count; i++) {
        auto_free char *file = xasprintf("%s.ini", names.item[i]);
        for (size_t j = 0; j < paths.count; j++) {
            if (strcmp(path_base(paths.item[j]), file) == 0) {
                strlist_add(ret_paths, paths.item[j]);
            }
        }
    }
    return 0;
}

static int complain_absent(const char *name, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    auto_release(strlist) struct strlist paths = {0};
    struct err ignored = {0};
    char meant[TEXT_MEANT];
    if (list_all(&names, &paths, &ignored) == 0 && names.count > 0 &&
        text_meant(meant, name, (const char *const *)strlist_items(&names))) {
        return err_set(err, ERR_NOT_FOUND, "no environment '%s'%s", name, meant);
    }
    return err_set(err, ERR_NOT_FOUND,
                   "no environment '%s'; 'sciwrap envs' lists what is known, and $SCIWRAP_ENVS names further folders",
                   name);
}

int definition_find(struct definition *def, const char *name, struct err *err)
{
    *def = (struct definition){0};
    size_t length = strlen(name);
    if (strchr(name, '/') != NULL || (length > 4 && strcmp(name + length - 4, ".ini") == 0)) {
        return definition_load(def, name, err);
    }
    if (!path_is_name(name)) {
        return err_set(err, ERR_USAGE, "'%s' is not the name of an environment: letters, digits and . _ + - only",
                       name);
    }
    auto_release(strlist) struct strlist folders = {0};
    definition_folders(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        auto_free char *path = xasprintf("%s/%s.ini", folders.item[i], name);
        struct err failure = {0};
        if (definition_load(def, path, &failure) == 0) {
            return 0;
        }
        bool closed = failure.saved_errno == EACCES && access(folders.item[i], X_OK) < 0;
        if (failure.kind != ERR_NOT_FOUND && failure.saved_errno != ENOTDIR && !closed) {
            *err = failure;
            return -1;
        }
    }
    return complain_absent(name, err);
}

char *definition_find_pin(const struct digest *artifact, const char *name)
{
    auto_release(strlist) struct strlist paths = {0};
    struct err ignored = {0};
    char *found = NULL;
    (void)definition_list(&paths, &ignored);
    for (size_t i = 0; i < paths.count; i++) {
        auto_release(definition) struct definition def = {0};
        bool pins = definition_load(&def, paths.item[i], &ignored) == 0 && digest_equal(&def.sha256, artifact);
        if (pins && (found == NULL || strcmp(def.name, name) == 0)) {
            free(found);
            found = xstrdup(paths.item[i]);
        }
    }
    return found;
}
