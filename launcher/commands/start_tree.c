/* SPDX-License-Identifier: BSD-2-Clause
 * start_tree: the part of start.h that finds the root file system of an environment. */
#include "commands/start.h"
#include "commands/supply.h"

static int use_tree(const struct digest *artifact, struct store_tree *ret_tree, struct err *err)
{
    struct store store = {.fd = -1};
    int found = store_open(&store, err) < 0 ? -1 : store_use_tree(&store, artifact, ret_tree, err);
    store_close(&store);
    return found;
}

/* Between bringing a tree and using it somebody can remove it again (sciwrap store gc): then it is brought again. */
int start_find_tree(const char *name, const struct digest *artifact, struct store_tree *ret_tree, struct err *err)
{
    enum { ATTEMPTS = 10 };
    int found = use_tree(artifact, ret_tree, err);
    for (int i = 0; found == 0 && i < ATTEMPTS; i++) {
        found = supply_pull(name, err) < 0 ? -1 : use_tree(artifact, ret_tree, err);
    }
    if (found == 0) {
        return err_set(err, ERR_NOT_FOUND, "the root file system of '%s' is not in the store after it was brought",
                       name);
    }
    return found > 0 ? 0 : -1;
}
