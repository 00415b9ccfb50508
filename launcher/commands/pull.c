/* SPDX-License-Identifier: BSD-2-Clause
 * sciwrap pull: says itself that all is there, which job scripts ask ten thousand times without loading what fetches
 * and unpacks; everything else is the helper's. */
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/strlist.h"
#include "commands/command.h"
#include "env/definition.h"
#include "env/store.h"

static const struct command_option options[] = {
    {"again", 0, NULL, "replace what is in the store: it was damaged"},
    {"offline", 0, NULL, "ask nothing from the network"},
    {"quiet", 'q', NULL, "say only what went wrong"},
    {"verbose", 'v', NULL, "say every step"},
    {0},
};

/* What cannot be read is not there: the helper says what is wrong. */
static bool add_if_there(const char *word, const struct store *store, struct strlist *names)
{
    struct err ignored = {0};
    auto_release(definition) struct definition def = {0};
    struct store_tree tree = {.fd = -1};
    if (definition_find(&def, word, &ignored) < 0 || store_find_tree(store, &def.sha256, &tree, &ignored) != 1) {
        return false;
    }
    store_tree_release(&tree);
    strlist_add(names, def.name);
    return true;
}

static bool are_there(char **words, int count, struct strlist *names)
{
    struct err ignored = {0};
    struct store store = {.fd = -1};
    bool there = store_open(&store, &ignored) == 0;
    for (int i = 0; there && i < count; i++) {
        there = add_if_there(words[i], &store, names);
    }
    store_close(&store);
    return there && names->count > 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    int option;
    bool again = false;
    auto_release(strlist) struct strlist names = {0};
    struct option_reader reader = option_reader_of(&pull_command, argc, argv);
    *exit_code = 0;
    while ((option = option_next(&reader, err)) >= 0) {
        again |= strcmp(options[option].name, "again") == 0;
        (void)option_is_level(options[option].name);
    }
    if (option == OPTION_ERROR) {
        return -1;
    }
    if (again || !are_there(argv + reader.at, argc - reader.at, &names)) {
        return command_hand_on(&pull_command, "pull", 1, argc, COMMAND_NO_ENVIRONMENT, argc, argv, err);
    }
    for (size_t i = 0; i < names.count; i++) {
        log_info("%s: already in the store", names.item[i]);
    }
    return 0;
}

const struct command pull_command = {
    .name = "pull",
    .synopsis = "[OPTION...] ENV...",
    .summary = "bring root file systems into the store, checked against their pins",
    .options = options,
    .run = run,
};
