/* SPDX-License-Identifier: BSD-2-Clause
 * colour: one word of an output made to stand out. */
#include "base/colour.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_wanted(int fd)
{
    const char *kind = getenv("TERM");
    const char *none = getenv("NO_COLOR");
    bool able = kind != NULL && kind[0] != '\0' && strcmp(kind, "dumb") != 0;
    return able && (none == NULL || none[0] == '\0') && isatty(fd) == 1;
}

/* ECMA-48 SGR. Of the eight colours, which everybody's own scheme makes readable. */
const char *colour_on(int fd, enum colour colour)
{
    static const char *const codes[] = {
        [COLOUR_GOOD] = "\033[32m",
        [COLOUR_BAD] = "\033[1;31m",
        [COLOUR_NOTE] = "\033[33m",
    };
    return is_wanted(fd) ? codes[colour] : "";
}

const char *colour_off(int fd)
{
    return is_wanted(fd) ? "\033[0m" : "";
}
