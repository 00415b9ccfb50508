/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as an environment's definition: refused with a line, or every value in range. */
#include "fuzz.h"

#include "base/auto.h"
#include "base/path.h"
#include "env/definition.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(definition) struct definition def = {0};
    struct err err = {0};
    if (definition_parse(&def, "/envs/fuzz.ini", (const char *)bytes, length, &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE && err.text[0] != '\0');
        return 0;
    }
    FUZZ_PROMISE(path_is_name(def.name) && def.workdir[0] == '/' && def.home[0] == '/');
    FUZZ_PROMISE(def.recipe == NULL || path_is_name(def.recipe));
    FUZZ_PROMISE(def.network == NETWORK_NONE || def.network == NETWORK_HOST);
    return 0;
}
