/* SPDX-License-Identifier: BSD-2-Clause
 *
 * definition_artifact: the section [artifact] of a definition: what is pinned, and where it can be had. For
 * env/definition.c, with which it shares how values are taken.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/keyfile.h"
#include "env/definition.h"

struct definition_reading {
    struct definition *def;
    bool has_sha256;
};

/* "FILE:LINE: KEY = 'VALUE': WANTED" */
int definition_complain(const struct keyfile *file, const struct keyfile_entry *entry, struct err *err,
                        const char *wanted);
/* A text key that is there must say something. */
int definition_take_text(char **place, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);

/* Rows of the rules (base/keyrules.h); `into` is a struct definition_reading. */
int artifact_take_type(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int artifact_take_sha256(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int artifact_take_size(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int artifact_take_url(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int artifact_take_tar_sha256(void *into, const struct keyfile *file, const struct keyfile_entry *entry,
                             struct err *err);
int artifact_take_tag(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
int artifact_take_recipe(void *into, const struct keyfile *file, const struct keyfile_entry *entry, struct err *err);
/* When all is read: whether the keys go together. */
int artifact_check(const struct definition_reading *reading, struct err *err);
