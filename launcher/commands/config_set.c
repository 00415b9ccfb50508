/* SPDX-License-Identifier: BSD-2-Clause
 * config_set: changes one key in the user's config file. */
#include "commands/config_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/keyfile.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/config.h"
#include "env/config_edit.h"

enum { TEXT_MOST = 256 * 1024 };

/* The file itself, where the one in the folder is a link to it: people keep such files elsewhere. Caller frees. */
static char *real_path(struct err *err)
{
    auto_free char *path = config_user_path();
    if (path == NULL) {
        err_set(err, ERR_HOST, "no place for a config file: set HOME");
        return NULL;
    }
    auto_free char *folder = xstrndup(path, (size_t)(path_base(path) - path));
    if (fs_make_dirs(folder, 0777, err) < 0) {
        return NULL;
    }
    char *real = realpath(path, NULL);
    return real != NULL ? real : steal_ptr(&path);
}

/* What would be read back is what was asked for: " ;" begins a comment, and blanks at the ends are lost. */
static int check_written(const struct config_key *key, const char *path, const char *text, const struct strlist *values,
                         struct err *err)
{
    size_t found = 0;
    auto_release(keyfile) struct keyfile file = {0};
    if (config_check_text(path, text, strlen(text), err) < 0 ||
        keyfile_parse(&file, path, text, strlen(text), err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < file.count; i++) {
        const struct keyfile_entry *entry = &file.entry[i];
        if (strcmp(entry->section, key->section) == 0 && strcmp(entry->key, key->key) == 0) {
            bool same = found < values->count && strcmp(entry->value, values->item[found]) == 0;
            if (!same) {
                return err_set(err, ERR_USAGE, "config: a file cannot hold the value '%s': it would be read as '%s'",
                               found < values->count ? values->item[found] : "", entry->value);
            }
            found++;
        }
    }
    return 0;
}

static int check_values(const struct config_key *key, const struct strlist *values, struct err *err)
{
    if (values->count > 1 && key->separator == '\0') {
        return err_set(err, ERR_USAGE, "config: %s.%s takes one value", key->section, key->key);
    }
    for (size_t i = 0; i < values->count; i++) {
        const char *value = values->item[i];
        bool later = config_key_expands(key) && strpbrk(value, "~$") != NULL; /* checked as it will be read */
        auto_free char *expected = value[0] == '\0' || later ? NULL : config_key_check(key, value);
        if (expected != NULL) {
            return err_set(err, ERR_USAGE, "config: %s.%s = '%s': expected %s", key->section, key->key, value,
                           expected);
        }
        if (strpbrk(value, "\n\r") != NULL) {
            return err_set(err, ERR_USAGE, "config: a value is one line");
        }
    }
    return 0;
}

static int write_file(const char *path, const char *text, mode_t mode, struct err *err)
{
    auto_free char *folder = xstrndup(path, (size_t)(path_base(path) - path));
    auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open directory '%s'", folder);
    }
    return fs_write_atomic(fd, path_base(path), mode, text, strlen(text), err);
}

int config_set(const char *name, char **values, size_t count, struct err *err)
{
    struct stat st;
    auto_release(strlist) struct strlist list = {0};
    auto_release(buf) struct buf old = {0};
    const struct config_key *key = config_key_find(name, err);
    for (size_t i = 0; i < count; i++) {
        strlist_add(&list, values[i]);
    }
    auto_free char *path = key == NULL || check_values(key, &list, err) < 0 ? NULL : real_path(err);
    if (path == NULL) {
        return -1;
    }
    bool there = stat(path, &st) == 0;
    if (there && fs_read_path(path, TEXT_MOST, &old, err) < 0) {
        return -1;
    }
    auto_free char *text = config_edit(buf_text(&old), key, &list);
    if (check_written(key, path, text, &list, err) < 0 ||
        write_file(path, text, there ? st.st_mode & 0777 : 0666, err) < 0) {
        return -1;
    }
    const struct config_value *counts = &config_loaded()->value[key - config_keys];
    if (counts->from == CONFIG_VARIABLE) {
        log_warn("%s is set, and counts more than '%s'", key->variable, path);
    }
    return 0;
}
