/* SPDX-License-Identifier: BSD-2-Clause
 * config: what a user and a site have set, in files and in variables, and which of it counts. */
#include "env/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/keyfile.h"
#include "base/keyrules.h"
#include "base/mem.h"

enum { CONFIG_BYTES_MOST = 256 * 1024 }; /* a page of text; one that is larger is another kind of file */

static struct config loaded;

const char *config_from_name(enum config_from from)
{
    static const char *const names[] = {
        [CONFIG_BUILT_IN] = "built-in",
        [CONFIG_SITE] = "site",
        [CONFIG_USER] = "user",
        [CONFIG_VARIABLE] = "variable",
    };
    return names[from];
}

char *config_user_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (config != NULL && config[0] == '/') { /* the specification of XDG base directories ignores relative ones */
        return xasprintf("%s/sciwrap/config.ini", config);
    }
    return home != NULL && home[0] == '/' ? xasprintf("%s/.config/sciwrap/config.ini", home) : NULL;
}

/* ---- one value */

/* $NAME or ${NAME} at `at`: its name, and what follows it. NULL when it is neither. */
static char *variable_name(const char *at, const char **ret_rest)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    bool braces = at[1] == '{';
    const char *name = at + 1 + braces;
    size_t length = strspn(name, letters);
    if (length == 0 || (braces && name[length] != '}')) {
        return NULL;
    }
    *ret_rest = name + length + braces;
    return xstrndup(name, length);
}

/* What a site's file says of every user's places depends on who asks: ~/, $USER, $SCRATCH. NULL, with the name of a
 * variable that is not set, or "$" when there is no name. */
static char *expand(const char *value, char **ret_missing)
{
    struct buf text = {0};
    auto_free char *rest =
        value[0] == '~' && (value[1] == '/' || value[1] == '\0') ? xasprintf("$HOME%s", value + 1) : xstrdup(value);
    for (const char *at = rest; *at != '\0';) {
        const char *after = at + 1;
        if (*at != '$') {
            buf_add(&text, at, 1);
            at = after;
            continue;
        }
        auto_free char *name = variable_name(at, &after);
        const char *found = name != NULL ? getenv(name) : NULL;
        if (found == NULL || found[0] == '\0') {
            *ret_missing = name != NULL ? xasprintf("$%s", name) : xstrdup("$");
            buf_release(&text);
            return NULL;
        }
        buf_add_text(&text, found);
        at = after;
    }
    buf_add_text(&text, "");
    return buf_take(&text);
}

/* ---- one file */

struct reading {
    struct config *config;
    enum config_from from;
};

static size_t index_of(const struct keyfile_entry *entry)
{
    size_t i = 0;
    while (strcmp(config_keys[i].section, entry->section) != 0 || strcmp(config_keys[i].key, entry->key) != 0) {
        i++; /* the rules let no other through */
    }
    return i;
}

static void add_value(struct config_value *value, const struct config_key *key, enum config_from from, const char *text,
                      int line)
{
    if (value->from != from || value->text == NULL) {
        free(value->text);
        *value = (struct config_value){.from = from, .text = xstrdup(text), .line = line};
    } else if (text[0] != '\0') {
        char *longer = value->text[0] != '\0' ? xasprintf("%s%c%s", value->text, key->separator, text) : xstrdup(text);
        free(value->text);
        value->text = longer;
    }
}

static int take(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    const struct reading *reading = into;
    size_t i = index_of(entry);
    const struct config_key *key = &config_keys[i];
    auto_free char *missing = NULL;
    auto_free char *value = config_key_expands(key) ? expand(entry->value, &missing) : xstrdup(entry->value);
    if (value == NULL) {
        return keyfile_complain(file, entry->line, err,
                                missing != NULL && missing[1] != '\0'
                                    ? "%s = '%s': the variable %s is not set"
                                    : "%s = '%s': the name of a variable must follow '%s'",
                                entry->key, entry->value, missing != NULL ? missing : "$");
    }
    auto_free char *expected = value[0] != '\0' ? config_key_check(key, value) : NULL;
    if (expected != NULL) {
        return keyfile_complain(file, entry->line, err, "%s = '%s': expected %s", entry->key, entry->value, expected);
    }
    add_value(&reading->config->value[i], key, reading->from, value, entry->line);
    return 0;
}

static int apply(struct config *config, enum config_from from, const char *path, const char *text, size_t length,
                 struct err *err)
{
    struct keyrule rules[CONFIG_KEYS];
    struct reading reading = {.config = config, .from = from};
    auto_release(keyfile) struct keyfile file = {0};
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        rules[i] = (struct keyrule){config_keys[i].section, config_keys[i].key, config_keys[i].separator != '\0', take};
    }
    if (keyfile_parse(&file, path, text, length, err) < 0) {
        return -1;
    }
    return keyrules_apply(&file, rules, CONFIG_KEYS, &reading, err);
}

/* A site's settings reach every user, and somebody else's would be theirs to set: mirrors, binds, an open network. */
static const char *why_untrusted(const struct stat *st, enum config_from from)
{
    if (from == CONFIG_SITE) {
        return st->st_uid != 0                            ? "it must belong to root"
               : (st->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others than root can write it"
                                                          : NULL;
    }
    return st->st_uid != 0 && st->st_uid != geteuid() ? "it belongs to another user"
           : (st->st_mode & S_IWOTH) != 0             ? "everybody can write it"
                                                      : NULL;
}

static int read_file(struct config *config, struct config_file *file, enum config_from from, struct err *err)
{
    struct stat st;
    auto_release(buf) struct buf text = {0};
    auto_fd int fd = file->path == NULL ? -1 : open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    /* $HOME can be another user's after su(1), who lets nobody in. */
    if (fd < 0 && (file->path == NULL || errno == ENOENT || errno == ENOTDIR || errno == EACCES)) {
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        return err_set_errno(err, ERR_SYSTEM, errno, "open '%s'", file->path);
    }
    file->there = true;
    if (!S_ISREG(st.st_mode)) {
        return err_set(err, ERR_INVALID, "'%s' is not a file", file->path);
    }
    const char *why = why_untrusted(&st, from);
    if (why != NULL) {
        file->ignored = xstrdup(why);
        return 0;
    }
    if (fs_read_fd(fd, file->path, CONFIG_BYTES_MOST, &text, err) < 0) {
        return -1;
    }
    return apply(config, from, file->path, buf_text(&text), text.length, err);
}

/* ---- all of it */

static void read_variables(struct config *config)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const char *text = getenv(config_keys[i].variable);
        if (text != NULL) {
            add_value(&config->value[i], &config_keys[i], CONFIG_VARIABLE, text, 0);
        }
    }
}

int config_read(struct config *config, const char *site, const char *user, struct err *err)
{
    *config = (struct config){.site.path = xstrdup(site), .user.path = user != NULL ? xstrdup(user) : NULL};
    if (read_file(config, &config->site, CONFIG_SITE, err) < 0 ||
        read_file(config, &config->user, CONFIG_USER, err) < 0) {
        config_release(config);
        return -1;
    }
    read_variables(config);
    return 0;
}

int config_check_text(const char *path, const char *text, size_t length, struct err *err)
{
    struct config config = {0};
    int result = length > CONFIG_BYTES_MOST ? err_set(err, ERR_INVALID, "'%s' would be too large", path)
                                            : apply(&config, CONFIG_USER, path, text, length, err);
    config_release(&config);
    return result;
}

void config_release(struct config *config)
{
    free(config->site.path);
    free(config->site.ignored);
    free(config->user.path);
    free(config->user.ignored);
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        free(config->value[i].text);
    }
    *config = (struct config){0};
}

int config_load(struct err *err)
{
    auto_free char *user = config_user_path();
    config_release(&loaded);
    if (config_read(&loaded, CONFIG_SITE_FILE, user, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct config_value *value = &loaded.value[i];
        if ((value->from == CONFIG_SITE || value->from == CONFIG_USER) && value->text[0] != '\0') {
            setenv(config_keys[i].variable, value->text, 1);
        }
    }
    return 0;
}

const struct config *config_loaded(void)
{
    return &loaded;
}

const char *config_get(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : NULL;
}
