/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_definition: the definition of an environment as it stands in a bundle. */
#include "publish/bundle_definition.h"

#include <string.h>

#include "base/auto.h"
#include "base/keyfile.h"
#include "base/mem.h"
#include "env/bundle_list.h"
#include "env/definition.h"

static void add_line(struct buf *text, const char *key, const char *value)
{
    /* A line that was just short enough stays so. */
    bool fits = strlen(key) + strlen(value) + 3 <= KEYFILE_LINE;
    buf_addf(text, fits ? "%s = %s\n" : "%s=%s\n", key, value);
}

static bool is_image(const struct keyfile *file)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct keyfile_entry *entry = &file->entry[i];
        if (strcmp(entry->section, "artifact") == 0 && strcmp(entry->key, "type") == 0) {
            return strcmp(entry->value, "image") == 0;
        }
    }
    return false;
}

/* Where it is in a bundle that was unpacked in `folder`; NULL: as seen from the definition beside it. */
static char *artifact_url(const struct digest *artifact, bool image, const char *folder)
{
    struct bundle_file file = {.kind = BUNDLE_ARTIFACT, .digest = *artifact};
    auto_free char *path = image ? xstrdup(BUNDLE_LAYOUT_FOLDER) : bundle_file_path(&file);
    return xasprintf("%s%s%s%s", image ? "oci-layout:" : "", folder != NULL ? folder : "", folder != NULL ? "/" : "",
                     path);
}

static void add_artifact(struct buf *text, const struct setup_environment *environment, bool image, bool with_artifact)
{
    if (with_artifact) {
        auto_free char *url = artifact_url(&environment->artifact, image, NULL);
        add_line(text, "url", url);
    }
}

static void add_entries(struct buf *text, const struct keyfile *file, const struct setup_environment *environment,
                        bool with_artifact)
{
    const char *section = "";
    bool artifact_added = false;
    for (size_t i = 0; i < file->count; i++) {
        const struct keyfile_entry *entry = &file->entry[i];
        bool in_artifact = strcmp(entry->section, "artifact") == 0;
        if (strcmp(entry->section, section) != 0) {
            buf_addf(text, "%s[%s]\n", text->length > 0 ? "\n" : "", entry->section);
            section = entry->section;
        }
        if (in_artifact && !artifact_added) {
            add_artifact(text, environment, is_image(file), with_artifact);
            artifact_added = true;
        }
        if (!in_artifact || strcmp(entry->key, "url") != 0 || definition_url_is_remote(entry->value)) {
            add_line(text, entry->key, entry->value);
        }
    }
}

/* What a manifest says of its environment, and no more. */
static void add_pin(struct buf *text, const struct setup_environment *environment, bool with_artifact)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&environment->artifact, hex);
    buf_add_text(text, "[artifact]\n");
    add_artifact(text, environment, false, with_artifact);
    add_line(text, "sha256", hex);
    if (environment->size > 0) {
        buf_addf(text, "size = %llu\n", (unsigned long long)environment->size);
    }
    if (environment->has_tar) {
        digest_to_hex(&environment->tar, hex);
        add_line(text, "tar-sha256", hex);
    }
    if (environment->recipe != NULL) {
        add_line(text, "recipe", environment->recipe);
    }
}

static int check_pin(const struct definition *def, const struct setup_environment *environment, struct err *err)
{
    if (!digest_equal(&def->sha256, &environment->artifact)) {
        return err_set(err, ERR_INVALID, "the definition pins another artifact than the manifest");
    }
    return 0;
}

int bundle_definition_make(const struct setup_environment *environment, const char *text, bool with_artifact,
                           struct buf *ret_text, struct err *err)
{
    auto_release(definition) struct definition def = {0};
    auto_release(keyfile) struct keyfile file = {0};
    struct buf made = {0};
    if (text == NULL) {
        add_pin(&made, environment, with_artifact);
    } else {
        if (keyfile_parse(&file, "definition", text, strlen(text), err) < 0) {
            return -1;
        }
        add_entries(&made, &file, environment, with_artifact);
    }
    int result = definition_parse(&def, "/definition.ini", buf_text(&made), made.length, err);
    if (result == 0) {
        result = check_pin(&def, environment, err);
    }
    if (result < 0) {
        buf_release(&made);
        return -1;
    }
    *ret_text = made;
    return 0;
}

int bundle_definition_check(const char *path, const struct setup_environment *environment, const char *folder,
                            struct err *err)
{
    auto_release(definition) struct definition def = {0};
    if (definition_load(&def, path, err) < 0) {
        return -1;
    }
    auto_free char *inside =
        folder != NULL ? artifact_url(&environment->artifact, def.type == ARTIFACT_IMAGE, folder) : NULL;
    for (size_t i = 0; i < def.url.count; i++) {
        const char *url = def.url.item[i];
        if (!definition_url_is_remote(url) && (inside == NULL || strcmp(url, inside) != 0)) {
            return err_set(err, ERR_INVALID, "member 'definition.ini' names a place of this host: '%s'", url);
        }
    }
    return check_pin(&def, environment, err);
}
