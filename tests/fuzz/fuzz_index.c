/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a line of a tree index, and as a whole index: what is taken as a line is written back the same. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "env/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(index_entry) struct index_entry entry = {0}, found = {0};
    struct err err = {0};
    const char *text = (const char *)bytes;
    if (index_parse(text, length, &entry, &err) == 0) {
        auto_release(buf) struct buf again = {0};
        index_format(&again, &entry);
        FUZZ_PROMISE(again.length == length + 1 && memcmp(again.bytes, text, length) == 0);
    }
    static const char *const asked[] = {".", "usr/bin/env", "a b", "\xff"};
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        if (index_find(text, length, asked[i], &found, &err) == 1) {
            FUZZ_PROMISE(strcmp(found.path, asked[i]) == 0);
            index_entry_release(&found);
            found = (struct index_entry){0};
        }
        struct strlist names = {0};
        (void)index_children(text, length, asked[i], &names, &err);
        strlist_release(&names);
    }
    return 0;
}
