/* SPDX-License-Identifier: BSD-2-Clause
 * config: what is set, and where it was set. */
#include "env/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/quote.h"
#include "commands/command.h"
#include "commands/config_set.h"
#include "commands/tell.h"
#include "env/store.h"
#include "run/scratch.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "name the variable of each key too"},
    {0},
};

/* Two depend on the user; all others are what the table says. Caller frees. */
static char *built_in_text(const struct config_key *key)
{
    char *path = NULL;
    if (strcmp(key->variable, "SCIWRAP_STORE") == 0) {
        path = store_default_path();
    } else if (strcmp(key->variable, "SCIWRAP_TMPDIR") == 0) {
        path = scratch_base();
    }
    return path != NULL ? path : xstrdup(key->built_in);
}

/* What counts. Caller frees. */
static char *text_of(size_t i)
{
    const struct config_value *value = &config_loaded()->value[i];
    bool set = value->text != NULL && value->text[0] != '\0';
    return set ? xstrdup(value->text) : built_in_text(&config_keys[i]);
}

/* As they stand on the lines of a file: one, or several of a key that may be repeated, or none. */
static void values_of(size_t i, struct strlist *ret_values)
{
    const char separators[] = {config_keys[i].separator, '\0'};
    auto_free char *text = text_of(i);
    const char *at = text;
    while (*at != '\0') {
        size_t length = separators[0] != '\0' ? strcspn(at, separators) : strlen(at);
        if (length > 0) {
            strlist_take(ret_values, xstrndup(at, length));
        }
        at += length + (at[length] != '\0');
    }
}

static const struct config_file *file_of(enum config_from from)
{
    const struct config *config = config_loaded();
    return from == CONFIG_SITE ? &config->site : from == CONFIG_USER ? &config->user : NULL;
}

/* ---- for people */

static void print_file(const char *label, const struct config_file *file)
{
    auto_free char *before = xasprintf("%-5s  ", label);
    auto_free char *ignored = file->ignored != NULL ? xasprintf(": left out, %s", file->ignored) : xstrdup("");
    bool absent = file->path != NULL && !file->there && file->ignored == NULL;
    tell_path(before, file->path != NULL ? file->path : "no place for it: HOME is not set",
              absent ? " (there is none)" : ignored);
}

/* "user:12", "variable", "built-in" */
static char *origin_text(const struct config_value *value)
{
    const char *name = config_from_name(value->from);
    return value->line > 0 ? xasprintf("%s:%d", name, value->line) : xstrdup(name);
}

/* The values of several lines stand one below the other. */
static void add_key(struct columns *table, size_t i)
{
    const struct config_key *key = &config_keys[i];
    auto_free char *name = config_key_name(key);
    auto_free char *origin = origin_text(&config_loaded()->value[i]);
    auto_release(strlist) struct strlist values = {0};
    values_of(i, &values);
    if (values.count == 0) {
        strlist_add(&values, "-");
    }
    for (size_t j = 0; j < values.count; j++) {
        columns_add(table, j == 0 ? name : "");
        columns_add(table, j == 0 ? key->variable : "");
        columns_add(table, j == 0 ? origin : "");
        columns_add(table, values.item[j]);
    }
}

static void print_all(void)
{
    const struct config *config = config_loaded();
    const struct column columns[] = {
        {.title = "KEY"},
        {.title = "VARIABLE", .hidden = log_get_level() < LOG_VERBOSE},
        {.title = "FROM"},
        {.title = "VALUE", .least = 16, .keep_end = true},
        {0},
    };
    auto_release(columns) struct columns table = columns_of(columns);
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        add_key(&table, i);
    }
    print_file("user", &config->user);
    print_file("site", &config->site);
    putchar('\n');
    tell_table(&table);
}

/* ---- for programs */

static struct doc *file_doc(const char *place, const struct config_file *file)
{
    struct doc *object = doc_object();
    doc_put_text(object, "place", place);
    doc_put_text(object, "path", file->path);
    doc_put_bool(object, "there", file->there);
    doc_put_text(object, "ignored", file->ignored);
    return object;
}

static struct doc *value_doc(size_t i)
{
    const struct config_key *key = &config_keys[i];
    const struct config_value *value = &config_loaded()->value[i];
    const struct config_file *file = file_of(value->from);
    struct doc *object = doc_object();
    auto_free char *name = config_key_name(key);
    auto_release(strlist) struct strlist values = {0};
    values_of(i, &values);
    doc_put_text(object, "key", name);
    if (key->separator != '\0') {
        doc_put_texts(object, "values", &values);
    } else {
        doc_put_text(object, "value", values.count > 0 ? values.item[0] : NULL);
    }
    doc_put_text(object, "from", config_from_name(value->from));
    doc_put_text(object, "file", file != NULL ? file->path : NULL);
    if (value->line > 0) {
        doc_put_number(object, "line", (uint64_t)value->line);
    }
    doc_put_text(object, "variable", key->variable);
    return object;
}

static struct doc *all_doc(void)
{
    const struct config *config = config_loaded();
    struct doc *top = doc_object();
    struct doc *files = doc_array();
    struct doc *values = doc_array();
    doc_append(files, file_doc("user", &config->user));
    doc_append(files, file_doc("site", &config->site));
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        doc_append(values, value_doc(i));
    }
    doc_put(top, "files", files);
    doc_put(top, "values", values);
    return top;
}

/* ---- the command */

static int show_one(const char *name, bool json, struct err *err)
{
    const struct config_key *key = config_key_find(name, err);
    if (key == NULL) {
        return -1;
    }
    size_t i = (size_t)(key - config_keys);
    auto_release(strlist) struct strlist values = {0};
    values_of(i, &values);
    if (json) {
        tell_json(value_doc(i));
    } else {
        for (size_t j = 0; j < values.count; j++) {
            auto_release(buf) struct buf shown = {0};
            quote_escape(&shown, values.item[j]);
            puts(buf_text(&shown));
        }
    }
    return 0;
}

static int show(char **words, int count, bool json, struct err *err)
{
    if (count > 1) {
        return command_usage_error(&config_command, err, "takes one key, or set and unset");
    }
    if (count == 1) {
        return show_one(words[0], json, err);
    }
    if (json) {
        tell_json(all_doc());
    } else {
        print_all();
    }
    return 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    bool json = false;
    struct option_reader reader = option_reader_of(&config_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        json |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    char **words = argv + reader.at;
    int count = argc - reader.at;
    bool sets = count > 0 && strcmp(words[0], "set") == 0;
    if (sets || (count > 0 && strcmp(words[0], "unset") == 0)) {
        if (json || count < 2 || (sets ? count < 3 : count > 2)) {
            return command_usage_error(&config_command, err, "set takes a key and values, unset a key, and no --json");
        }
        return config_set(words[1], words + 2, (size_t)count - 2, err);
    }
    return show(words, count, json, err);
}

const struct command config_command = {
    .name = "config",
    .synopsis = "[OPTION...] [KEY | set KEY VALUE... | unset KEY]",
    .summary = "show what is set and where, and set it",
    .options = options,
    .options_first = true, /* a value may look like one */
    .more = "Without KEY: every key, its value, and where that is from: the site's file, the\n"
            "user's (with the line), a variable, or built in. With KEY: its value.\n"
            "'set' and 'unset' change the user's file. Keys: sciwrap-config(5).\n",
    .run = run,
};
