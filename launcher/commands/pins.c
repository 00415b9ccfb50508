/* SPDX-License-Identifier: BSD-2-Clause
 * pins: from the environment that a record names to a definition and a tree that are the same. */
#include "commands/pins.h"

#include "base/auto.h"
#include "base/mem.h"
#include "commands/start.h"

char *pins_find(const struct setup_environment *environment, const struct record *record)
{
    return record->bundle != NULL ? xstrdup(record->contents.definition)
                                  : definition_find_pin(&environment->artifact, environment->name);
}

/* Where the environment can be had: from the bundle, else as a definition that is known here says, else as that in the
 * bundle says. NULL when nobody says. Caller frees. */
static char *find_definition(const struct setup_environment *environment, const struct record *record)
{
    auto_release(definition) struct definition def = {0};
    struct err ignored = {0};
    if (record->contents.has_artifact) {
        return xstrdup(record->contents.definition);
    }
    char *known = definition_find_pin(&environment->artifact, environment->name);
    bool says = known == NULL && record->bundle != NULL &&
                definition_load(&def, record->contents.definition, &ignored) == 0 &&
                (def.url.count > 0 || def.recipe != NULL);
    return says ? xstrdup(record->contents.definition) : known;
}

int pins_find_tree(const struct setup_environment *environment, const struct record *record,
                   struct store_tree *ret_tree, struct err *err)
{
    struct store store = {.fd = -1};
    int found = store_open(&store, err) < 0 ? -1 : store_use_tree(&store, &environment->artifact, ret_tree, err);
    store_close(&store);
    if (found < 0) {
        return -1;
    }
    if (found == 0) {
        char hex[DIGEST_HEX + 1];
        auto_free char *definition = find_definition(environment, record);
        digest_to_hex(&environment->artifact, hex);
        if (definition == NULL) {
            return err_set(err, ERR_NOT_FOUND,
                           "environment '%s' (artifact sha256 %s) is not in the store, and no definition known here "
                           "pins it%s",
                           environment->name, hex,
                           record->bundle != NULL ? "; the bundle holds neither the artifact nor an address of it"
                                                  : "");
        }
        if (start_find_tree(definition, &environment->artifact, ret_tree, err) < 0) {
            return -1;
        }
    }
    if (!digest_equal(&ret_tree->tree, &environment->tree)) {
        return err_set(err, ERR_MISMATCH, "the tree of environment '%s' in the store is not the one of the manifest",
                       environment->name);
    }
    return 0;
}
