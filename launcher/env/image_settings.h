/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_settings: what the config of an image says about how it is used (OCI image specification 1.1, config.md), in
 * the words of a definition. Written beside the tree when that is unpacked, read by each launch; the tree's meta has
 * the digest, so it is as much covered by the pin as the tree.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/strlist.h"
#include "env/definition.h"
#include "env/store.h"

enum { IMAGE_SETTINGS_BYTES = 1024 * 1024 };

struct image_settings {
    struct strlist command;   /* the entry point, or, without one, the command */
    struct strlist arguments; /* the command, when there is an entry point */
    struct strlist variables; /* "NAME=value" */
    char *workdir;            /* NULL: none that could be one here */
};

/* A JSON document; caller frees. Bytes that are not UTF-8 come back as they were. */
char *image_settings_format(const struct image_settings *settings);
/* ERR_INVALID for what image_settings_format() does not write. */
int image_settings_parse(const char *bytes, size_t length, struct image_settings *ret_settings, struct err *err);
void image_settings_release(struct image_settings *settings);

/* Fills in what `def` does not say itself: a command of its own goes without the image's arguments, too; variables one
 * by one. */
void image_settings_apply(const struct image_settings *settings, struct definition *def);
/* The same from the open tree; nothing when it is of no image. ERR_INVALID when the file is damaged. */
int image_settings_apply_tree(const struct store_tree *tree, struct definition *def, struct err *err);
