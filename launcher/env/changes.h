/* SPDX-License-Identifier: BSD-2-Clause
 *
 * changes: what the unpacker left out of a tree or changed in it, counted by kind (docs/SECURITY.md has the rules).
 * Part of the tree's meta and of a manifest.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum change {
    CHANGE_DEVICES,    /* device nodes left out */
    CHANGE_FIFOS,      /* left out */
    CHANGE_SET_ID,     /* files and directories that lost set-uid or set-gid bits */
    CHANGE_ATTRIBUTES, /* entries that lost extended attributes, ACLs or file flags */
    CHANGE_MODES,      /* files and directories that were made readable for all, or writable by their owner */
    CHANGE_TIMES,      /* times before 1970 or beyond 2106 */
    CHANGES
};

struct changes {
    uint64_t count[CHANGES];
};

/* "left-out-devices": the word in a meta file, and with '_' for '-' in a manifest. */
const char *changes_key(enum change change);
/* "3 devices left out, 1 time clamped"; nothing when there were none. */
void changes_describe(const struct changes *changes, struct buf *text);
