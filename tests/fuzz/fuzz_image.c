/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as the JSON documents of an image: refused with a line, or everything in range; what is read of a config
 * can be written beside a tree and read again. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "env/image_settings.h"
#include "supply/image_config.h"
#include "supply/image_manifest.h"

static void promise_reason(int result, const struct err *err)
{
    FUZZ_PROMISE(result == 0 ? err->kind == ERR_NONE : err->kind == ERR_INVALID && err->text[0] != '\0');
}

static bool is_sized(const struct image_blob *blob)
{
    return blob->size > 0 && blob->size <= UINT64_C(1) << 50;
}

/* What was read, written in our own form, is read as the same. */
static void read_manifest(const char *bytes, size_t length)
{
    struct err err = {0};
    auto_release(image_manifest) struct image_manifest manifest = {0};
    auto_release(image_manifest) struct image_manifest again = {0};
    int result = image_manifest_parse("manifest", bytes, length, &manifest, &err);
    promise_reason(result, &err);
    if (result < 0) {
        return;
    }
    FUZZ_PROMISE(manifest.layers > 0 && manifest.layers <= IMAGE_LAYERS && is_sized(&manifest.config));
    auto_free char *text = image_manifest_write(&manifest);
    FUZZ_PROMISE(image_manifest_parse("manifest", text, strlen(text), &again, &err) == 0);
    FUZZ_PROMISE(again.layers == manifest.layers && digest_equal(&again.config.digest, &manifest.config.digest));
    for (size_t i = 0; i < manifest.layers; i++) {
        FUZZ_PROMISE(is_sized(&manifest.layer[i]) && manifest.layer[i].size == again.layer[i].size);
    }
}

static void read_index(const char *bytes, size_t length)
{
    struct err err = {0};
    auto_release(image_index) struct image_index index = {0};
    int result = image_index_parse("index", bytes, length, &index, &err);
    promise_reason(result, &err);
    for (size_t i = 0; i < index.count; i++) {
        FUZZ_PROMISE(is_sized(&index.entry[i].blob));
    }
}

static void read_config(const char *bytes, size_t length)
{
    struct err err = {0};
    auto_release(image_config) struct image_config config = {0};
    auto_release(image_settings) struct image_settings settings = {0};
    auto_release(image_settings) struct image_settings again = {0};
    int result = image_config_parse("config", bytes, length, 1, &config, &err);
    promise_reason(result, &err);
    if (result < 0) {
        return;
    }
    image_config_settings(&config, &settings);
    auto_free char *text = image_settings_format(&settings);
    FUZZ_PROMISE(image_settings_parse(text, strlen(text), &again, &err) == 0);
    auto_free char *twice = image_settings_format(&again);
    FUZZ_PROMISE(strcmp(text, twice) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct err err = {0};
    auto_release(image_settings) struct image_settings settings = {0};
    const char *text = (const char *)bytes;
    read_manifest(text, length);
    read_index(text, length);
    read_config(text, length);
    promise_reason(image_settings_parse(text, length, &settings, &err), &err);
    return 0;
}
