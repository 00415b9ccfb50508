/* SPDX-License-Identifier: BSD-2-Clause
 *
 * base64: bytes as printable text and back (RFC 4648, section 4, with padding).
 */
#pragma once

#include <stddef.h>

/* Caller frees. */
char *base64_encode(const unsigned char *bytes, size_t length);
/* NULL for text that is not base64, and for bytes with a NUL among them: none of our texts can hold one. Caller frees.
 */
char *base64_decode(const char *text);
