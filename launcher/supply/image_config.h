/* SPDX-License-Identifier: BSD-2-Clause
 *
 * image_config: the config of an image (OCI image specification 1.1, config.md; Docker's is the same in all that is
 * read here): its platform, what its layers are when they are not compressed, and how it is used.
 */
#pragma once

#include <stddef.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strlist.h"
#include "env/image_settings.h"

enum { IMAGE_CONFIG_BYTES = 8 * 1024 * 1024 };

struct image_config {
    char *os, *architecture, *variant; /* as Go calls them, "linux" "amd64"; variant NULL when absent */
    struct digest *diff_id;            /* of the tar of each layer, the lowest first */
    size_t layers;
    struct strlist entrypoint, command, variables;
    char *workdir; /* NULL when absent */
};

/* ERR_INVALID unless it is the config of an image of `layers` layers for Linux. */
int image_config_parse(const char *name, const char *bytes, size_t length, size_t layers,
                       struct image_config *ret_config, struct err *err);
void image_config_release(struct image_config *config);

/* In the words of a definition. Variables whose names no shell takes are left out; the work directory where it can be
 * none here (the root, /proc ...). */
void image_config_settings(const struct image_config *config, struct image_settings *ret_settings);

/* This machine in Go's words, "amd64"; borrowed. */
const char *image_architecture(void);
