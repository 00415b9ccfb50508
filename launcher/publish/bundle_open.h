/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_open: what sciwrap-env has unpacked of a bundle (supply/bundle_read.h), made ready for use. That its members
 * are those of its list is certain by then; here, that they are those of its manifest: no content missing that the run
 * had, none that the manifest does not name.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"
#include "env/bundle_list.h"
#include "run/manifest.h"

struct bundle_contents {
    struct bundle_list list;
    struct digest identity; /* sha256 of the list */
    bool has_artifact;
    char *manifest;   /* host path */
    char *definition; /* host path, NAME.ini as the environment is called */
    char *shifted;    /* folder with the inputs that were read from further on, at their paths; NULL: there are none */
};

/* `folder` is a private folder of this process. With `unpacked`, the contents are in it too. */
int bundle_open(const char *folder, bool unpacked, struct bundle_contents *ret_contents, struct err *err);
void bundle_contents_release(struct bundle_contents *contents);
