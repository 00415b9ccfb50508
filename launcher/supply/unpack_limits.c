/* SPDX-License-Identifier: BSD-2-Clause
 * unpack_limits: how much an archive may hold. */
#include "supply/unpack_limits.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

const struct unpack_limits unpack_default_limits = {
    .entries = 5000000,
    .bytes = 256 * GIB,
    .depth = 256,
    .path_bytes = 3072,
    .header_bytes = MIB,
    .memory_bytes = 4 * GIB,
    .seconds = UINT64_C(6) * 3600,
};

enum kind { NUMBER, BYTES, TIME };

static const struct setting {
    const char *variable;
    size_t offset;
    enum kind kind;
    uint64_t least, most;
    const char *expected;
} settings[] = {
    {"SCIWRAP_UNPACK_ENTRIES", offsetof(struct unpack_limits, entries), NUMBER, 1, 100000000,
     "a number from 1 to 100000000"},
    {"SCIWRAP_UNPACK_BYTES", offsetof(struct unpack_limits, bytes), BYTES, 1, UINT64_C(1) << 50,
     "a number of bytes up to 1024T, as in 500G"},
    {"SCIWRAP_UNPACK_DEPTH", offsetof(struct unpack_limits, depth), NUMBER, 1, UNPACK_DEPTH_MOST,
     "a number from 1 to 1000"},
    /* PATH_MAX is 4096 with the NUL, and a path is not below nothing. */
    {"SCIWRAP_UNPACK_PATH", offsetof(struct unpack_limits, path_bytes), NUMBER, 1, 4000, "a number from 1 to 4000"},
    {"SCIWRAP_UNPACK_HEADER", offsetof(struct unpack_limits, header_bytes), BYTES, 512, 64 * MIB,
     "a number of bytes from 512 to 64M"},
    /* With less not even the threads can be started. */
    {"SCIWRAP_UNPACK_MEMORY", offsetof(struct unpack_limits, memory_bytes), BYTES, 64 * MIB, UINT64_C(1) << 50,
     "a number of bytes from 64M on, as in 4G"},
    {"SCIWRAP_UNPACK_TIME", offsetof(struct unpack_limits, seconds), TIME, 1, UINT64_C(31) * 86400,
     "a time from 1s to 31d, as in 90m"},
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

/* False unless the whole text is such a value within its range. "none" is 0, and below every range. */
static bool parse(const struct setting *setting, const char *text, uint64_t *ret_value)
{
    const uint64_t second = 1000000000;
    uint64_t value = 0;
    bool known = false;
    switch (setting->kind) {
    case NUMBER:
        known = text_to_u64(text, setting->least, setting->most, &value);
        break;
    case BYTES:
        known = limit_parse(LIMIT_FILE_SIZE, text, &value) == NULL;
        break;
    case TIME:
        known = limit_parse(LIMIT_TIME, text, &value) == NULL;
        value /= second;
        break;
    }
    if (!known || value < setting->least || value > setting->most) {
        return false;
    }
    *ret_value = value;
    return true;
}

int unpack_limits_read(struct unpack_limits *ret_limits, struct err *err)
{
    struct unpack_limits limits = unpack_default_limits;
    for (size_t i = 0; i < SETTINGS; i++) {
        uint64_t value;
        const char *text = getenv(settings[i].variable);
        if (text == NULL || text[0] == '\0') {
            continue;
        }
        if (!parse(&settings[i], text, &value)) {
            return err_set(err, ERR_USAGE, "$%s is '%s', and must be %s", settings[i].variable, text,
                           settings[i].expected);
        }
        memcpy((char *)&limits + settings[i].offset, &value, sizeof(value));
    }
    *ret_limits = limits;
    return 0;
}
