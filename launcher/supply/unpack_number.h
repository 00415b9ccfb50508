/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unpack_number: the numbers of tar headers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octal text with blanks around it, or the base-256 form of GNU and star. False for a negative or malformed one. */
bool number_parse(const char *field, size_t size, uint64_t *ret_value);
/* Decimal digits and nothing else, at most 18 of them: the values of pax records. */
bool number_parse_decimal(const char *text, size_t length, uint64_t *ret_value);
