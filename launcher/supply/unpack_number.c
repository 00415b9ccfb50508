/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_number: the numbers of tar headers. POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual. */
#include "supply/unpack_number.h"

bool number_parse(const char *field, size_t size, uint64_t *ret_value)
{
    const unsigned char *byte = (const unsigned char *)field;
    uint64_t value = 0;
    size_t i = 0;
    if (byte[0] == 0x80) {
        for (i = 1; i < size; i++) {
            if (value >> 55 != 0) {
                return false;
            }
            value = value << 8 | byte[i];
        }
        *ret_value = value;
        return true;
    }
    while (i < size && byte[i] == ' ') {
        i++;
    }
    for (; i < size && byte[i] >= '0' && byte[i] <= '7'; i++) {
        value = value * 8 + (byte[i] - '0');
    }
    for (; i < size; i++) {
        if (byte[i] != ' ' && byte[i] != '\0') {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

bool number_parse_decimal(const char *text, size_t length, uint64_t *ret_value)
{
    enum { DIGITS_MOST = 18 };
    uint64_t value = 0;
    if (length == 0 || length > DIGITS_MOST) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_value = value;
    return true;
}
