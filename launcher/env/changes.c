/* SPDX-License-Identifier: BSD-2-Clause
 * changes: what the unpacker left out of a tree or changed in it. */
#include "env/changes.h"

static const struct kind {
    const char *key;
    const char *text; /* what comes before the number */
} kinds[CHANGES] = {
    [CHANGE_DEVICES] = {"left-out-devices", "devices left out"},
    [CHANGE_FIFOS] = {"left-out-fifos", "pipes left out"},
    [CHANGE_SET_ID] = {"dropped-set-id", "set-id bits taken off"},
    [CHANGE_ATTRIBUTES] = {"dropped-attributes", "extended attributes taken off"},
    [CHANGE_MODES] = {"changed-modes", "modes made readable"},
    [CHANGE_TIMES] = {"changed-times", "times clamped"},
};

const char *changes_key(enum change change)
{
    return kinds[change].key;
}

void changes_describe(const struct changes *changes, struct buf *text)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        if (changes->count[i] > 0) {
            buf_addf(text, "%s%s: %llu", text->length > 0 ? ", " : "", kinds[i].text,
                     (unsigned long long)changes->count[i]);
        }
    }
}
