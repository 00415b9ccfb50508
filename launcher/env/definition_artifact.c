/* SPDX-License-Identifier: BSD-2-Clause
 * definition_artifact: the section [artifact] of a definition. */
#include "env/definition_artifact.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/keyrules.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

/* 1 PiB: no artifact is that large, and sums of sizes stay far from overflow. */
#define DEFINITION_SIZE_MOST (1ULL << 50)

static int take_digest(struct digest *place, const struct keyfile *file, const struct keyfile_entry *entry,
                       struct err *err)
{
    if (!digest_from_hex(entry->value, place)) {
        return definition_complain(file, entry, err, "a sha256 has 64 lower-case hexadecimal digits");
    }
    return 0;
}

int artifact_take_sha256(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct definition_reading *reading = into;
    reading->has_sha256 = true;
    return take_digest(&reading->def->sha256, file, entry, err);
}

int artifact_take_tar_sha256(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct definition *def = ((struct definition_reading *)into)->def;
    def->has_tar_sha256 = true;
    return take_digest(&def->tar_sha256, file, entry, err);
}

int artifact_take_size(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    if (!text_to_u64(entry->value, 1, DEFINITION_SIZE_MOST, &((struct definition_reading *)into)->def->size)) {
        return definition_complain(file, entry, err, "a size is a number of bytes from 1 to 2^50");
    }
    return 0;
}

/* The folder of the definition, with its slash. */
static char *folder_of(const struct definition *def)
{
    return xstrndup(def->path, (size_t)(path_base(def->path) - def->path));
}

/* What an address that is known begins with, and whether a path follows. */
static const struct scheme {
    const char *begin;
    bool path, image, remote;
} schemes[] = {
    {"https://", false, false, true}, {"http://", false, false, true},    {"file:///", false, false, false},
    {"oci://", false, true, true},    {"oci-layout:", true, true, false}, {"docker-archive:", true, true, false},
};
enum { SCHEMES = sizeof(schemes) / sizeof(*schemes) };

/* NULL: none of them, a path. */
static const struct scheme *scheme_of(const char *url)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (strncmp(url, schemes[i].begin, strlen(schemes[i].begin)) == 0) {
            return &schemes[i];
        }
    }
    return NULL;
}

bool definition_url_is_remote(const char *url)
{
    const struct scheme *scheme = scheme_of(url);
    return scheme != NULL && scheme->remote;
}

int artifact_take_url(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct definition *def = ((struct definition_reading *)into)->def;
    const char *url = entry->value;
    const struct scheme *scheme = scheme_of(url);
    const char *path = scheme != NULL && scheme->path ? url + strlen(scheme->begin) : url;
    if (path[0] == '\0') {
        return keyfile_complain(file, entry->line, err, "'url' is empty; leave the line out instead");
    }
    if (scheme != NULL && !scheme->path && strpbrk(url, " \t") != NULL) {
        return definition_complain(file, entry, err, "a blank in an address; write it as %20");
    }
    if (scheme == NULL && strstr(url, "://") != NULL) {
        return definition_complain(file, entry, err,
                                   "an address begins with https://, http:// or file:///; of an image, with oci://");
    }
    if ((scheme != NULL && !scheme->path) || path[0] == '/') {
        strlist_add(&def->url, url);
    } else {
        auto_free char *folder = folder_of(def);
        strlist_addf(&def->url, "%.*s%s%s", (int)(path - url), url, folder, path);
    }
    return 0;
}

int artifact_take_recipe(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    struct definition *def = ((struct definition_reading *)into)->def;
    if (!path_is_name(entry->value)) {
        return definition_complain(file, entry, err, "the name of a recipe has letters, digits and . _ + - only");
    }
    free(def->recipe);
    def->recipe = xstrdup(entry->value);
    return 0;
}

int artifact_take_type(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    bool image = strcmp(entry->value, "image") == 0;
    if (!image && strcmp(entry->value, "tar") != 0) {
        return keyrules_complain_word(file, entry, (const char *const[]){"tar", "image", NULL}, err);
    }
    ((struct definition_reading *)into)->def->type = image ? ARTIFACT_IMAGE : ARTIFACT_TAR;
    return 0;
}

int artifact_take_tag(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err)
{
    return definition_take_text(&((struct definition_reading *)into)->def->tag, file, entry, err);
}

/* An image of a registry is named by what is pinned: a tag, or another digest, would mean another image. */
static bool names_pin(const struct definition *def, const char *url)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(&def->sha256, hex);
    const char *at = strchr(url, '@');
    return at != NULL && strncmp(at, "@sha256:", 8) == 0 && strcmp(at + 8, hex) == 0;
}

static int check_urls(const struct definition *def, struct err *err)
{
    for (size_t i = 0; i < def->url.count; i++) {
        const char *url = def->url.item[i];
        const struct scheme *scheme = scheme_of(url);
        bool image = scheme != NULL && scheme->image;
        if (image && def->type != ARTIFACT_IMAGE) {
            return err_set(err, ERR_INVALID, "%s: url '%s' is of an image: write 'type = image' into [artifact]",
                           def->path, url);
        }
        if (!image && def->type == ARTIFACT_IMAGE) {
            return err_set(err, ERR_INVALID,
                           "%s: url '%s': the address of an image begins with oci://, oci-layout: or docker-archive:",
                           def->path, url);
        }
        if (image && !scheme->path && !names_pin(def, url)) {
            return err_set(err, ERR_INVALID,
                           "%s: url '%s' must end in '@sha256:' and the pinned sha256; 'sciwrap pin' writes it",
                           def->path, url);
        }
    }
    return 0;
}

int artifact_check(const struct definition_reading *reading, struct err *err)
{
    const struct definition *def = reading->def;
    if (!reading->has_sha256) {
        return err_set(err, ERR_INVALID,
                       "%s: [artifact] sha256 is missing: it pins what the environment is, and nothing runs without; "
                       "'sciwrap pin %s SOURCE' finds it out",
                       def->path, def->name);
    }
    if (def->type == ARTIFACT_IMAGE && (def->recipe != NULL || def->has_tar_sha256)) {
        return err_set(err, ERR_INVALID, "%s: an image has no '%s'", def->path,
                       def->recipe != NULL ? "recipe" : "tar-sha256");
    }
    if (def->type != ARTIFACT_IMAGE && def->tag != NULL) {
        return err_set(err, ERR_INVALID, "%s: 'tag' is of an image: write 'type = image' into [artifact]", def->path);
    }
    return check_urls(def, err);
}
