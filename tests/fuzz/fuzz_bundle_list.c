/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as the list of a bundle: what is accepted is written out as it was, and names only what a bundle has. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "base/path.h"
#include "env/bundle_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(bundle_list) struct bundle_list list = {0};
    auto_release(buf) struct buf again = {0};
    struct err err = {0};
    if (bundle_list_parse(&list, (const char *)bytes, length, &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE && list.item == NULL);
        return 0;
    }
    FUZZ_PROMISE(list.count >= 2 && list.bytes <= BUNDLE_BYTES_MOST);
    for (size_t i = 0; i < list.count; i++) {
        auto_free char *path = bundle_file_path(&list.item[i]);
        FUZZ_PROMISE(path_is_clean(path));
    }
    bundle_list_format(&list, &again);
    FUZZ_PROMISE(again.length == length && memcmp(again.bytes, bytes, length) == 0);
    return 0;
}
