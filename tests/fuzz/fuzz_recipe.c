/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a recipe: what it adds to a tree has clean paths and no set-id bits. */
#include "fuzz.h"

#include "base/auto.h"
#include "base/path.h"
#include "supply/recipe.h"

static void check_items(const struct recipe_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        FUZZ_PROMISE(path_is_clean(items->item[i].path) && (items->item[i].mode & ~01777U) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(recipe) struct recipe recipe = {0};
    struct err err = {0};
    if (recipe_parse(&recipe, "/recipes/fuzz.ini", (const char *)bytes, length, &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE);
        return 0;
    }
    check_items(&recipe.links);
    check_items(&recipe.files);
    check_items(&recipe.folders);
    struct digest wants;
    recipe_wants(&recipe, &wants);
    return 0;
}
