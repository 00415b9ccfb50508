/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pin_source: what `sciwrap pin` was asked to pin: which kind of source the word on the command line means.
 */
#pragma once

#include "base/err.h"

enum pin_kind { PIN_REMOTE, PIN_FILE, PIN_IMAGE };

struct pin_source {
    enum pin_kind kind;
    const char *text; /* the source as it was given; borrowed */
    char *path;       /* PIN_FILE: the file, absolute or relative to the current directory */
};

/* ERR_USAGE for what is none of the kinds, with what was probably meant: a tag of a registry without its scheme, an
 * address with a password in it (it would stand in the definition), a folder that is an OCI layout. The network is not
 * asked; a path has to exist (ERR_NOT_FOUND). */
int pin_source_parse(const char *text, struct pin_source *ret_source, struct err *err);
void pin_source_release(struct pin_source *source);

/* A path (absolute, or from the current directory) for a definition in the folder `folder` (absolute) beneath the
 * current directory: relative where it was named so, as both are then moved or shared together; else absolute. Caller
 * frees. */
char *pin_source_path_from(const char *path, const char *folder);
