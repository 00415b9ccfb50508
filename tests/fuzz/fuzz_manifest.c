/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a manifest: it comes with a paper from anywhere. Refused, or written back and read again. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "run/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(manifest) struct manifest manifest = {0}, again = {0};
    struct err err = {0};
    if (manifest_parse(&manifest, "fuzz.json", (const char *)bytes, length, &err) < 0) {
        FUZZ_PROMISE(err.kind != ERR_NONE && err.text[0] != '\0');
        return 0;
    }
    auto_free char *text = manifest_format(&manifest);
    FUZZ_PROMISE(manifest_parse(&again, "again.json", text, strlen(text), &err) == 0);
    return 0;
}
