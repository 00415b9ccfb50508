/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a lock file: its paths stay below a mirror, and what is written out reads back the same. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "base/path.h"
#include "supply/lockfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(lockfile) struct lockfile lock = {0}, again = {0};
    struct err err = {0};
    if (lockfile_parse(&lock, "fuzz.lock", (const char *)bytes, length, &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE);
        return 0;
    }
    for (size_t i = 0; i < lock.count; i++) {
        FUZZ_PROMISE(path_is_clean(lock.package[i].path));
    }
    auto_release(buf) struct buf text = {0}, second = {0};
    lockfile_format(&lock, &text);
    FUZZ_PROMISE(lockfile_parse(&again, "again.lock", buf_text(&text), text.length, &err) == 0);
    lockfile_format(&again, &second);
    FUZZ_PROMISE(strcmp(buf_text(&text), buf_text(&second)) == 0);
    return 0;
}
