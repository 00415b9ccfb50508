/* SPDX-License-Identifier: BSD-2-Clause
 * envs: the environments that are known here, and which are in the store. */
#include <stddef.h>

#include "base/auto.h"
#include "base/log.h"
#include "commands/command.h"
#include "commands/tell.h"
#include "env/definition.h"
#include "env/store.h"

static const struct command_option options[] = {
    {"json", 0, NULL, "for programs"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

static bool is_in_store(const struct store *store, const struct digest *artifact)
{
    struct store_tree tree = {.fd = -1};
    struct err unread = {0};
    int found = store_find_tree(store, artifact, &tree, &unread);
    if (found < 0) {
        log_warn("%s", unread.text);
    }
    store_tree_release(&tree);
    return found > 0;
}

static const struct column columns[] = {
    {.title = "ENVIRONMENT", .least = 16},
    {.title = "STATE"},
    {.title = "DESCRIPTION", .least = 16},
    {0},
};

static void add_row(struct doc *list, const struct definition *def, bool stored)
{
    char hex[DIGEST_HEX + 1];
    struct doc *row = doc_object();
    digest_to_hex(&def->sha256, hex);
    doc_put_text(row, "name", def->name);
    doc_put_text(row, "description", def->description);
    doc_put_text(row, "sha256", hex);
    doc_put_text(row, "recipe", def->recipe);
    doc_put_text(row, "definition", def->path);
    doc_put_bool(row, "in_store", stored);
    doc_append(list, row);
}

/* A definition that cannot be read is told of and does not hide the others. */
static void show_one(const char *path, const struct store *store, struct doc *list, struct columns *table,
                     bool *ret_broken)
{
    struct definition def = {0};
    struct err unread = {0};
    if (definition_load(&def, path, &unread) < 0) {
        log_error("%s", unread.text);
        *ret_broken = true;
        return;
    }
    bool stored = is_in_store(store, &def.sha256);
    if (list != NULL) {
        add_row(list, &def, stored);
    } else {
        columns_add(table, def.name);
        columns_add(table, stored ? "in store" : NULL);
        columns_add(table, def.description != NULL ? def.description : "");
    }
    definition_release(&def);
}

static int show_all(bool json, bool *ret_broken, struct err *err)
{
    struct store store = {.fd = -1};
    struct strlist paths = {0};
    int result = definition_list(&paths, err);
    if (result == 0) {
        result = store_open(&store, err);
    }
    struct doc *list = json ? doc_array() : NULL;
    auto_release(columns) struct columns table = columns_of(columns);
    for (size_t i = 0; result == 0 && i < paths.count; i++) {
        show_one(paths.item[i], &store, list, &table, ret_broken);
    }
    if (result == 0 && json) {
        tell_json(list);
        list = NULL;
    } else if (result == 0) {
        tell_table(&table);
    }
    if (result == 0 && !json && paths.count == 0) {
        log_info("no environments are known here; 'sciwrap pin NAME SOURCE' makes one, and FILES in sciwrap(1) says "
                 "where they "
                 "are looked for");
    }
    doc_free(list);
    store_close(&store);
    strlist_release(&paths);
    return result;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    bool json = false;
    bool broken = false;
    struct option_reader reader = option_reader_of(&envs_command, argc, argv);
    while ((option = option_next(&reader, err)) >= 0) {
        json |= !option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (reader.at < argc) {
        return command_usage_error(&envs_command, err, "takes no arguments");
    }
    int result = show_all(json, &broken, err);
    *exit_code = broken ? 1 : 0;
    return result;
}

const struct command envs_command = {
    .name = "envs",
    .synopsis = "[OPTION...]",
    .summary = "list the environments that are known here, and which are in the store",
    .options = options,
    .run = run,
};
