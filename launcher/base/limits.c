/* SPDX-License-Identifier: BSD-2-Clause
 * limits: what a group of processes may use, as six numbers. */
#include "base/limits.h"

#include <inttypes.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

#define SECOND     1000000000U
#define MOST_BYTES ((uint64_t)1 << 60)

static const struct {
    const char *name;
    uint64_t least;
    uint64_t most;
    const char *expected;
} kinds[LIMITS] = {
    /* PID_MAX_LIMIT of Linux on 64-bit machines. */
    [LIMIT_PIDS] = {"pids", 1, 1 << 22, "a number of processes from 1 to 4194304, or none"},
    /* With less not even the sandbox can be built. */
    [LIMIT_MEMORY] = {"memory", 1 << 20, MOST_BYTES, "a number of bytes from 1M on, as in 512M, 1.5G, or none"},
    /* NR_CPUS at its largest. */
    [LIMIT_CPUS] = {"cpus", 1, 8192, "a number of CPUs from 1 to 8192, or none"},
    [LIMIT_TIME] = {"time", SECOND / 1000, UINT64_C(1000000000) * SECOND,
                    "a time from 0.001 seconds on, as in 90, 90s, 1.5h, 2d, or none"},
    [LIMIT_FILE_SIZE] = {"file-size", 1, MOST_BYTES, "a number of bytes, as in 500M, 20G, or none"},
    /* The standard three, and one for the loader of programs. */
    [LIMIT_OPEN_FILES] = {"open-files", 4, 1 << 30, "a number of open files from 4 to 1073741824, or none"},
};

const char *limit_name(enum limit limit)
{
    return kinds[limit].name;
}

bool limit_from_name(const char *name, enum limit *ret_limit)
{
    for (int i = 0; i < LIMITS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *ret_limit = (enum limit)i;
            return true;
        }
    }
    return false;
}

static bool is_bytes(enum limit limit)
{
    return limit == LIMIT_MEMORY || limit == LIMIT_FILE_SIZE;
}

/* What a number with this behind it is to be multiplied with; 0 for anything else. */
static uint64_t unit_of_bytes(const char *unit)
{
    static const char letters[] = "kmgt";
    if (unit[0] == '\0' || strcmp(unit, "B") == 0) {
        return 1;
    }
    char lower = (char)(unit[0] >= 'A' && unit[0] <= 'Z' ? unit[0] - 'A' + 'a' : unit[0]);
    const char *found = strchr(letters, lower);
    if (found == NULL) {
        return 0;
    }
    uint64_t base = strcmp(unit + 1, "B") == 0 ? 1000 : 1024;
    if (unit[1] != '\0' && strcmp(unit + 1, "B") != 0 && strcmp(unit + 1, "iB") != 0) {
        return 0;
    }
    uint64_t factor = 1;
    for (const char *step = letters; step <= found; step++) {
        factor *= base;
    }
    return factor;
}

static uint64_t unit_of_time(const char *unit)
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].name, unit) == 0) {
            return units[i].seconds * SECOND;
        }
    }
    return 0;
}

/* `digits` has digits and at most one point. */
static bool multiply(const char *digits, uint64_t factor, uint64_t most, uint64_t *ret_value)
{
    uint64_t whole;
    double real;
    uint64_t room = most / factor;
    if (text_to_u64(digits, 0, room, &whole)) {
        *ret_value = whole * factor;
        return true;
    }
    if (factor > 1 && strchr(digits, '.') != NULL && text_to_real(digits, 0, (double)room, &real)) {
        *ret_value = (uint64_t)(real * (double)factor + 0.5);
        return true;
    }
    return false;
}

const char *limit_parse(enum limit limit, const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (strcmp(text, "none") == 0) {
        *ret_value = 0;
        return NULL;
    }
    size_t length = strspn(text, "0123456789.");
    auto_free char *digits = xstrndup(text, length);
    uint64_t factor = text[length] == '\0' ? 1 : 0;
    if (is_bytes(limit)) {
        factor = unit_of_bytes(text + length);
    } else if (limit == LIMIT_TIME) {
        factor = unit_of_time(text + length);
    }
    if (factor == 0 || !multiply(digits, factor, kinds[limit].most, &value) || !limit_is_possible(limit, value)) {
        return kinds[limit].expected;
    }
    *ret_value = value;
    return NULL;
}

bool limit_is_possible(enum limit limit, uint64_t value)
{
    return value >= kinds[limit].least && value <= kinds[limit].most;
}

static char *bytes_text(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while (unit < 4 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    return xasprintf("%" PRIu64 " %s", bytes, units[unit]);
}

char *limit_text(enum limit limit, uint64_t value)
{
    const char *plural = value == 1 ? "" : "s";
    switch (limit) {
    case LIMIT_PIDS:
        return xasprintf("%" PRIu64 " process%s", value, value == 1 ? "" : "es");
    case LIMIT_CPUS:
        return xasprintf("%" PRIu64 " CPU%s", value, plural);
    case LIMIT_TIME:
        return xasprintf("%.9g s", (double)value / SECOND);
    case LIMIT_OPEN_FILES:
        return xasprintf("%" PRIu64 " open file%s", value, plural);
    case LIMIT_MEMORY:
    case LIMIT_FILE_SIZE:
    case LIMITS:
        break;
    }
    return bytes_text(value);
}

bool limits_any(const struct limits *limits)
{
    for (int i = 0; i < LIMITS; i++) {
        if (limits->value[i] != 0) {
            return true;
        }
    }
    return false;
}
