/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bundle_mark: the end of a bundle: a skippable frame (RFC 8878, section 3.1.2), which every reader of zstd passes
 * over, with the sha256 of all bytes before it.
 *
 * A zstd stream can be changed without a change of what comes out of it (window size, reserved bits, other blocks for
 * the same content, empty frames). This digest leaves no such byte, and shows a file that was cut off.
 */
#pragma once

#include <stdbool.h>

#include "base/digest.h"

#define BUNDLE_MARK_TEXT "sciwrap-bundle/1 sha256 "

enum { BUNDLE_MARK = 8 + sizeof(BUNDLE_MARK_TEXT) - 1 + DIGEST_HEX + 1 };

void bundle_mark_make(char mark[BUNDLE_MARK], const struct digest *digest);
/* False when these bytes are not an end mark. */
bool bundle_mark_read(const char mark[BUNDLE_MARK], struct digest *ret_digest);
