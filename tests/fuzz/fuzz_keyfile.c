/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as an .ini file: refused whole, or entries whose lines lie in the file and whose texts are UTF-8. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "base/keyfile.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(keyfile) struct keyfile file = {0};
    struct err err = {0};
    if (keyfile_parse(&file, "fuzz.ini", (const char *)bytes, length, &err) < 0) {
        FUZZ_PROMISE(err.kind == ERR_INVALID && file.count == 0);
        return 0;
    }
    for (size_t i = 0; i < file.count; i++) {
        const struct keyfile_entry *entry = &file.entry[i];
        FUZZ_PROMISE(entry->line >= 1 && (i == 0 || entry->line > file.entry[i - 1].line));
        FUZZ_PROMISE(entry->section[0] != '\0' && strlen(entry->value) <= KEYFILE_LINE);
        FUZZ_PROMISE(text_is_utf8(entry->value, strlen(entry->value)));
    }
    return 0;
}
