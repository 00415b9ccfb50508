/* SPDX-License-Identifier: BSD-2-Clause
 *
 * units: sizes, durations and ages as people read them, the same in every command; and sizes as people write them.
 * Every text fits its buffer, and is returned.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { UNITS_TEXT = 16 };

/* "59.6 MB": decimal units, as disks and networks are sold in. */
char *units_size(char to[UNITS_TEXT], uint64_t bytes);

/* "4.2 ms", "42 ms", "0.42 s", "12.3 s", "3 min 07 s", "2 h 05 min", "3 d 04 h": two digits that mean something, or
 * more. */
char *units_duration(char to[UNITS_TEXT], uint64_t ns);

/* "12s", "3m07s", "2h05m", "3d04h", for columns. */
char *units_short_duration(char to[UNITS_TEXT], int64_t ns);

/* "today", "3 days ago", "2 years ago". */
char *units_age(char to[UNITS_TEXT], time_t now, time_t then);

/* "500M", "20G", "1000", "0": a number with k, M, G or T for thousands, millions and so on, up to 2^60. False for
 * anything else. */
bool units_to_bytes(const char *text, uint64_t *ret_bytes);
