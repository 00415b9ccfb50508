/* SPDX-License-Identifier: BSD-2-Clause
 * units: sizes, durations and ages as people read them. */
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, DAYS_MOST = 99999 };

static const uint64_t second_ns = 1000000000;

char *units_size(char to[UNITS_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.95 && unit < 5) {
        value /= 1000;
        unit++;
    }
    snprintf(to, UNITS_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return to;
}

char *units_duration(char to[UNITS_TEXT], uint64_t ns)
{
    double exact = (double)ns / (double)second_ns;
    /* Rounded first: 59.96 seconds are a minute, not "60.0 s". */
    uint64_t seconds = (ns + second_ns / 2) / second_ns;
    if (exact < 0.00995) {
        snprintf(to, UNITS_TEXT, "%.1f ms", exact * 1000);
    } else if (exact < 0.0995) {
        snprintf(to, UNITS_TEXT, "%.0f ms", exact * 1000);
    } else if (exact < 9.995) {
        snprintf(to, UNITS_TEXT, "%.2f s", exact);
    } else if (exact < 59.95) {
        snprintf(to, UNITS_TEXT, "%.1f s", exact);
    } else if (seconds < HOUR) {
        snprintf(to, UNITS_TEXT, "%u min %02u s", (unsigned)(seconds / MINUTE), (unsigned)(seconds % MINUTE));
    } else if (seconds < DAY) {
        snprintf(to, UNITS_TEXT, "%u h %02u min", (unsigned)(seconds / HOUR), (unsigned)(seconds % HOUR / MINUTE));
    } else {
        unsigned days = (unsigned)(seconds / DAY < DAYS_MOST ? seconds / DAY : DAYS_MOST);
        snprintf(to, UNITS_TEXT, "%u d %02u h", days, (unsigned)(seconds % DAY / HOUR));
    }
    return to;
}

char *units_short_duration(char to[UNITS_TEXT], int64_t ns)
{
    uint64_t seconds = ns > 0 ? (uint64_t)ns / second_ns : 0;
    unsigned days = (unsigned)(seconds / DAY < DAYS_MOST ? seconds / DAY : DAYS_MOST);
    if (seconds < MINUTE) {
        snprintf(to, UNITS_TEXT, "%us", (unsigned)seconds);
    } else if (seconds < HOUR) {
        snprintf(to, UNITS_TEXT, "%um%02us", (unsigned)(seconds / MINUTE), (unsigned)(seconds % MINUTE));
    } else if (seconds < DAY) {
        snprintf(to, UNITS_TEXT, "%uh%02um", (unsigned)(seconds / HOUR), (unsigned)(seconds % HOUR / MINUTE));
    } else {
        snprintf(to, UNITS_TEXT, "%ud%02uh", days, (unsigned)(seconds % DAY / HOUR));
    }
    return to;
}

char *units_age(char to[UNITS_TEXT], time_t now, time_t then)
{
    uint64_t days = now > then ? (uint64_t)(now - then) / DAY : 0;
    uint64_t number = days;
    const char *unit = "day";
    if (days < 2) {
        snprintf(to, UNITS_TEXT, "%s", days == 0 ? "today" : "yesterday");
        return to;
    }
    if (days >= (uint64_t)2 * 365) {
        number = days / 365;
        unit = "year";
    } else if (days >= 60) {
        number = days / 30;
        unit = "month";
    } else if (days >= 14) {
        number = days / 7;
        unit = "week";
    }
    /* A time of 1970 is the oldest that is told of; a disk can hold others. */
    snprintf(to, UNITS_TEXT, "%u %ss ago", (unsigned)(number < 999 ? number : 999), unit);
    return to;
}

bool units_to_bytes(const char *text, uint64_t *ret_bytes)
{
    static const char letters[] = "kMGT";
    const uint64_t most = (uint64_t)1 << 60; /* beyond every file, and far from an overflow */
    size_t length = strlen(text);
    uint64_t factor = 1;
    uint64_t number = 0;
    const char *unit = length > 0 ? strchr(letters, text[length - 1]) : NULL;
    for (const char *step = letters; unit != NULL && step <= unit; step++) {
        factor *= 1000;
    }
    auto_free char *digits = xstrndup(text, length - (unit != NULL));
    if (!text_to_u64(digits, 0, most / factor, &number)) {
        return false;
    }
    *ret_bytes = number * factor;
    return true;
}
