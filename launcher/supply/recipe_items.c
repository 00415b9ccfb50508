/* SPDX-License-Identifier: BSD-2-Clause
 * recipe_items: the links, files and folders that a recipe adds itself. */
#include "supply/recipe_items.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "env/words.h"
#include "supply/recipe.h"

static struct recipe_item *add_item(struct recipe_items *items, const char *path, const struct keyfile_entry *entry)
{
    if (items->count == items->capacity) {
        items->capacity = items->capacity < 8 ? 8 : items->capacity * 2;
        items->item = xreallocarray(items->item, items->capacity, sizeof(*items->item));
    }
    struct recipe_item *item = &items->item[items->count++];
    *item = (struct recipe_item){.path = xstrdup(path), .line = entry->line};
    return item;
}

static int check_path(const char *path, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (!path_is_clean(path)) {
        return keyfile_complain(file, entry->line, err, "'%s': a path relative to the root, without '.', '..' and '//'",
                                path);
    }
    return 0;
}

/* Octal permissions without set-user-id and set-group-id: those would not survive unpacking either. */
static bool parse_mode(const char *text, unsigned *ret_mode)
{
    unsigned mode = 0;
    if (strlen(text) < 3 || strlen(text) > 4 || strspn(text, "01234567") != strlen(text)) {
        return false;
    }
    for (; *text != '\0'; text++) {
        mode = mode * 8 + (unsigned)(*text - '0');
    }
    *ret_mode = mode;
    return (mode & 06000) == 0;
}

int recipe_items_take_link(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe *recipe = into;
    if (check_path(entry->key, file, entry, err) < 0) {
        return -1;
    }
    if (entry->value[0] == '\0') {
        return keyfile_complain(file, entry->line, err, "link '%s' has no target", entry->key);
    }
    struct recipe_item *item = add_item(&recipe->links, entry->key, entry);
    item->text = xstrdup(entry->value);
    item->length = strlen(entry->value);
    item->mode = 0777;
    return 0;
}

int recipe_items_take_folder(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe *recipe = into;
    unsigned mode = 0;
    if (check_path(entry->key, file, entry, err) < 0) {
        return -1;
    }
    if (!parse_mode(entry->value, &mode)) {
        return keyfile_complain(file, entry->line, err, "%s = '%s': octal permissions such as 0755, no set-id bits",
                                entry->key, entry->value);
    }
    add_item(&recipe->folders, entry->key, entry)->mode = mode;
    return 0;
}

static int hex_value(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *place = digit == '\0' ? NULL : strchr(digits, digit);
    return place == NULL ? -1 : (int)(place - digits);
}

/* Appends the byte that stands at the backslash `at`; its length in the text, 0 when it is no escape. */
static size_t add_escaped(struct buf *text, const char *at)
{
    static const char *const names = "nt\\";
    static const char *const bytes = "\n\t\\";
    const char *place = at[1] == '\0' ? NULL : strchr(names, at[1]);
    if (place != NULL) {
        buf_add(text, bytes + (place - names), 1);
        return 2;
    }
    if (at[1] == 'x' && hex_value(at[2]) >= 0 && hex_value(at[3]) >= 0) {
        char byte = (char)(hex_value(at[2]) * 16 + hex_value(at[3]));
        buf_add(text, &byte, 1);
        return 4;
    }
    return 0;
}

static int unescape(struct buf *text, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    for (const char *at = entry->value; *at != '\0';) {
        size_t length = 1;
        if (*at != '\\') {
            buf_add(text, at, 1);
        } else {
            length = add_escaped(text, at);
        }
        if (length == 0) {
            return keyfile_complain(file, entry->line, err, "'%.4s' in the text; known are \\n, \\t, \\\\ and \\xHH",
                                    at);
        }
        at += length;
    }
    return 0;
}

static struct recipe_item *find_file(struct recipe_items *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->item[i].path, path) == 0) {
            return &files->item[i];
        }
    }
    return NULL;
}

int recipe_items_take_file(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct recipe *recipe = into;
    const char *at = strrchr(entry->key, '@');
    auto_free char *path = xstrndup(entry->key, at != NULL ? (size_t)(at - entry->key) : strlen(entry->key));
    auto_release(buf) struct buf text = {0};
    unsigned mode = 0644;
    if (check_path(path, file, entry, err) < 0) {
        return -1;
    }
    if (at != NULL && !parse_mode(at + 1, &mode)) {
        return keyfile_complain(file, entry->line, err, "'%s': after '@' octal permissions such as 0755", entry->key);
    }
    struct recipe_item *item = find_file(&recipe->files, path);
    if (item != NULL && item->mode != mode) {
        return keyfile_complain(file, entry->line, err, "'%s' has other permissions than in line %d", path, item->line);
    }
    if (item == NULL) {
        item = add_item(&recipe->files, path, entry);
        item->mode = mode;
    }
    buf_add(&text, item->text != NULL ? item->text : "", item->length);
    if (unescape(&text, file, entry, err) < 0) {
        return -1;
    }
    free(item->text);
    item->length = text.length;
    item->text = buf_take(&text);
    return 0;
}

int recipe_items_take_command(void *into, const struct keyfile *file, const struct keyfile_entry *entry,
                              struct err *err)
{
    struct recipe *recipe = into;
    auto_release(strlist) struct strlist words = {0};
    if (!words_split(entry->value, &words) || words.count == 0) {
        return keyfile_complain(file, entry->line, err, "run = '%s': no command, or a quotation mark is not closed",
                                entry->value);
    }
    strlist_add(&recipe->commands, entry->value);
    return 0;
}
