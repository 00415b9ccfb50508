/* SPDX-License-Identifier: BSD-2-Clause
 * base64: bytes as printable text and back. */
#include "base/base64.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const unsigned char *bytes, size_t length)
{
    struct buf text = {0};
    for (size_t i = 0; i < length; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16;
        group |= i + 1 < length ? (unsigned)bytes[i + 1] << 8 : 0;
        group |= i + 2 < length ? (unsigned)bytes[i + 2] : 0;
        char four[4] = {digits[group >> 18], digits[(group >> 12) & 63],
                        i + 1 < length ? digits[(group >> 6) & 63] : '=', i + 2 < length ? digits[group & 63] : '='};
        buf_add(&text, four, sizeof(four));
    }
    return buf_take(&text);
}

char *base64_decode(const char *text)
{
    struct buf bytes = {0};
    size_t length = strlen(text);
    bool good = length % 4 == 0;
    for (size_t i = 0; good && i < length; i += 4) {
        unsigned group = 0;
        size_t padding = 0;
        for (size_t k = 0; k < 4; k++) {
            const char *digit = text[i + k] == '=' ? NULL : strchr(digits, text[i + k]);
            padding += text[i + k] == '=';
            good = good && (digit != NULL ? padding == 0 : i + 4 == length && padding > 0 && k >= 2);
            group = (group << 6) | (digit != NULL ? (unsigned)(digit - digits) : 0);
        }
        char three[3] = {(char)(group >> 16), (char)(group >> 8), (char)group};
        good = good && memchr(three, '\0', 3 - padding) == NULL;
        buf_add(&bytes, three, 3 - (padding < 3 ? padding : 3));
    }
    if (!good) {
        buf_release(&bytes);
        return NULL;
    }
    return buf_take(&bytes);
}
