/* SPDX-License-Identifier: BSD-2-Clause
 * bundle_mark: the end of a bundle. */
#include "supply/bundle_mark.h"

#include <stdint.h>
#include <string.h>

/* Any of the sixteen numbers for frames to pass over, 0x184D2A50 to 0x184D2A5F. */
static const uint32_t magic = 0x184D2A53;

static void put_number(char to[4], uint32_t number)
{
    for (int i = 0; i < 4; i++) { /* little-endian on every host */
        to[i] = (char)(number >> (8 * i));
    }
}

void bundle_mark_make(char mark[BUNDLE_MARK], const struct digest *digest)
{
    char hex[DIGEST_HEX + 1];
    digest_to_hex(digest, hex);
    put_number(mark, magic);
    put_number(mark + 4, BUNDLE_MARK - 8);
    memcpy(mark + 8, BUNDLE_MARK_TEXT, sizeof(BUNDLE_MARK_TEXT) - 1);
    memcpy(mark + BUNDLE_MARK - DIGEST_HEX - 1, hex, DIGEST_HEX);
    mark[BUNDLE_MARK - 1] = '\n';
}

bool bundle_mark_read(const char mark[BUNDLE_MARK], struct digest *ret_digest)
{
    char hex[DIGEST_HEX + 1] = "";
    char again[BUNDLE_MARK];
    struct digest digest;
    memcpy(hex, mark + BUNDLE_MARK - DIGEST_HEX - 1, DIGEST_HEX);
    if (!digest_from_hex(hex, &digest)) {
        return false;
    }
    bundle_mark_make(again, &digest);
    if (memcmp(again, mark, BUNDLE_MARK) != 0) {
        return false;
    }
    *ret_digest = digest;
    return true;
}
