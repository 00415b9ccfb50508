/* SPDX-License-Identifier: BSD-2-Clause
 * Any bytes as a manifest for the catalog, and as entries of its cache. What the reader of manifests accepts is whole
 * here and says the same; what is no entry is refused without reading beyond it. */
#include "fuzz.h"

#include <string.h>

#include "base/auto.h"
#include "run/catalog.h"
#include "run/catalog_scan.h"
#include "run/manifest.h"

static void read_entries(const char *at, const char *end)
{
    struct catalog_run run;
    while (catalog_entry_read(&at, end, &run)) {
        struct catalog_file file;
        const char *next = run.files;
        while (run.state == CATALOG_WHOLE && catalog_file_next(&run, &next, &file)) {
            FUZZ_PROMISE(file.path != NULL && file.change != NULL);
        }
        FUZZ_PROMISE(run.state != CATALOG_WHOLE || catalog_word(&run, run.words)[0] == '\0');
    }
}

static bool has_output(const struct catalog_run *run, const struct file_item *item)
{
    struct catalog_file file;
    const char *at = run->files;
    while (catalog_file_next(run, &at, &file)) {
        if (file.is_output && digest_equal(file.digest, &item->digest) && strcmp(file.path, item->path) == 0) {
            return true;
        }
    }
    return false;
}

static void compare(const struct manifest *manifest, const struct catalog_run *run)
{
    enum { LOOKED_AT = 20 };
    FUZZ_PROMISE(run->state == CATALOG_WHOLE);
    FUZZ_PROMISE(strcmp(run->environment, manifest->setup.environment.name) == 0);
    FUZZ_PROMISE(run->words == manifest->setup.argv.count);
    for (size_t i = 0; i < run->words && i < LOOKED_AT; i++) {
        FUZZ_PROMISE(strcmp(catalog_word(run, i), manifest->setup.argv.item[i]) == 0);
    }
    FUZZ_PROMISE(run->exit_code == (uint64_t)manifest->exit.code && run->signal == (uint64_t)manifest->exit.signal);
    for (size_t i = 0; i < manifest->outputs.count && i < LOOKED_AT; i++) {
        FUZZ_PROMISE(!manifest->outputs.item[i].has_digest || has_output(run, &manifest->outputs.item[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    auto_release(buf) struct buf text = {0};
    auto_release(buf) struct buf entry = {0};
    auto_release(manifest) struct manifest manifest = {0};
    struct err err = {0};
    struct catalog_run run;
    buf_add(&text, bytes, length);
    catalog_entry_make(&entry, &(struct catalog_key){0}, "0123456789ab", buf_text(&text), length);
    const char *at = buf_text(&entry);
    FUZZ_PROMISE(catalog_entry_read(&at, at + entry.length, &run) && at == buf_text(&entry) + entry.length);
    FUZZ_PROMISE(run.state == CATALOG_TORN || catalog_is_whole(buf_text(&text), length));
    /* The JSON library passes over a NUL behind a number; a record with a hole is none here. */
    bool has_hole = memchr(buf_text(&text), '\0', length) != NULL;
    if (!has_hole && manifest_parse(&manifest, "fuzz.json", buf_text(&text), length, &err) == 0) {
        compare(&manifest, &run);
    }
    read_entries((const char *)bytes, (const char *)bytes + length);
    return 0;
}
