/* SPDX-License-Identifier: BSD-2-Clause
 * sciwrap pull: says itself that all is there, which job scripts ask ten thousand times without loading what fetches
 * and unpacks; everything else is the helper's. */
#include <string.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/strlist.h"
#include "commands/command.h"
#include "commands/supply.h"
#include "env/definition.h"
#include "env/store.h"

/* The options that change nothing about what is there. */
static bool is_harmless(const char *word)
{
    static const char *const known[] = {"-q", "--quiet", "-v", "--verbose", "--offline"};
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(word, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

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

static bool are_there(int argc, char **argv, struct strlist *names)
{
    struct err ignored = {0};
    struct store store = {.fd = -1};
    bool there = store_open(&store, &ignored) == 0;
    for (int i = 1; there && i < argc; i++) {
        there = argv[i][0] == '-' ? is_harmless(argv[i]) : add_if_there(argv[i], &store, names);
    }
    store_close(&store);
    return there && names->count > 0;
}

static int run(int argc, char **argv, int *exit_code, struct err *err)
{
    auto_release(strlist) struct strlist names = {0};
    (void)exit_code;
    if (!are_there(argc, argv, &names)) {
        return supply_become(argv, err);
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-q") == 0 || strcmp(argv[i], "--quiet") == 0) {
            log_set_level(LOG_QUIET);
        }
    }
    for (size_t i = 0; i < names.count; i++) {
        log_info("%s: already in the store", names.item[i]);
    }
    return 0;
}

const struct command pull_command = {
    .name = "pull",
    .synopsis = "[OPTION...] ENV...",
    .summary = "bring root file systems into the store",
    .run = run,
};
