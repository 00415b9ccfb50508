/* SPDX-License-Identifier: BSD-2-Clause
 * image_settings: what the config of an image says about how it is used. */
#include "env/image_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"

char *image_settings_format(const struct image_settings *settings)
{
    struct doc *doc = doc_object();
    doc_put_texts(doc, "command", &settings->command);
    doc_put_texts(doc, "arguments", &settings->arguments);
    doc_put_texts(doc, "variables", &settings->variables);
    doc_put_text(doc, "workdir", settings->workdir);
    char *text = doc_print(doc);
    doc_free(doc);
    return text;
}

static bool take_texts(const struct doc *doc, const char *key, struct strlist *texts)
{
    const struct doc *array = doc_get(doc, key);
    for (size_t i = 0; i < doc_count(array); i++) {
        char *text = doc_text(doc_at(array, i));
        if (text == NULL) {
            return false;
        }
        strlist_take(texts, text);
    }
    return array != NULL;
}

static bool is_variable(const char *assignment)
{
    auto_free char *name = xstrndup(assignment, strcspn(assignment, "="));
    return assignment[strlen(name)] == '=' && definition_is_variable(name);
}

static bool take(const struct doc *doc, struct image_settings *settings)
{
    if (!take_texts(doc, "command", &settings->command) || !take_texts(doc, "arguments", &settings->arguments) ||
        !take_texts(doc, "variables", &settings->variables)) {
        return false;
    }
    for (size_t i = 0; i < settings->variables.count; i++) {
        if (!is_variable(settings->variables.item[i])) {
            return false;
        }
    }
    settings->workdir = doc_get_text(doc, "workdir");
    return settings->workdir == NULL || definition_check_inner(settings->workdir) == NULL;
}

int image_settings_parse(const char *bytes, size_t length, struct image_settings *ret_settings, struct err *err)
{
    struct image_settings settings = {0};
    struct doc *doc = doc_parse("settings", bytes, length, err);
    if (doc == NULL) {
        return -1;
    }
    bool good = take(doc, &settings);
    doc_free(doc);
    if (!good) {
        image_settings_release(&settings);
        return err_set(err, ERR_INVALID, "settings: not what the unpacker writes");
    }
    *ret_settings = settings;
    return 0;
}

void image_settings_release(struct image_settings *settings)
{
    strlist_release(&settings->command);
    strlist_release(&settings->arguments);
    strlist_release(&settings->variables);
    free(settings->workdir);
    *settings = (struct image_settings){0};
}

static bool sets(const struct strlist *assignments, const char *assignment)
{
    size_t name = strcspn(assignment, "=") + 1;
    for (size_t i = 0; i < assignments->count; i++) {
        if (strncmp(assignments->item[i], assignment, name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_all(struct strlist *list, const struct strlist *more)
{
    for (size_t i = 0; i < more->count; i++) {
        strlist_add(list, more->item[i]);
    }
}

void image_settings_apply(const struct image_settings *settings, struct definition *def)
{
    if (def->command.count == 0) {
        add_all(&def->command, &settings->command);
        if (def->arguments.count == 0) {
            add_all(&def->arguments, &settings->arguments);
        }
    }
    for (size_t i = 0; i < settings->variables.count; i++) {
        if (!sets(&def->variables, settings->variables.item[i])) {
            strlist_add(&def->variables, settings->variables.item[i]);
        }
    }
    /* The caller's files are laid over the work directory: the home cannot be in it. */
    if (!def->has_workdir && settings->workdir != NULL && !path_is_under(def->home, settings->workdir)) {
        free(def->workdir);
        def->workdir = xstrdup(settings->workdir);
    }
}

int image_settings_apply_tree(const struct store_tree *tree, struct definition *def, struct err *err)
{
    auto_release(buf) struct buf text = {0};
    auto_release(image_settings) struct image_settings settings = {0};
    struct digest is;
    if (!tree->has_settings) {
        return 0;
    }
    if (fs_read_at(tree->fd, "settings", IMAGE_SETTINGS_BYTES, &text, err) < 0) {
        return err_wrap(err, "the image's settings in the store");
    }
    digest_bytes(buf_text(&text), text.length, &is);
    if (!digest_equal(&is, &tree->settings)) {
        return err_set(err, ERR_MISMATCH,
                       "the image's settings in the store are damaged; 'sciwrap pull --again %s' brings them again",
                       def->name);
    }
    if (image_settings_parse(buf_text(&text), text.length, &settings, err) < 0) {
        return -1;
    }
    image_settings_apply(&settings, def);
    return 0;
}
