/* SPDX-License-Identifier: BSD-2-Clause
 * device_name: how the devices of a host are named that a run may use. */
#include "env/device_name.h"

#include <string.h>

#include "base/auto.h"
#include "base/mem.h"

/* Longer than any that a driver makes (a MIG device of NVIDIA's has 40 letters). */
enum { PART_MOST = 128 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

/* Made of letters, digits and `others`; of the latter none first or last. */
static bool is_part(const char *text, size_t length, const char *first, const char *others)
{
    auto_free char *part = xstrndup(text, length);
    auto_free char *known = xasprintf(LETTERS DIGITS "%s", others);
    return length > 0 && length <= PART_MOST && strspn(part, known) == length && strchr(first, part[0]) != NULL &&
           strchr(LETTERS DIGITS, part[length - 1]) != NULL;
}

bool device_name_is_kind(const char *text)
{
    size_t vendor = strcspn(text, "/");
    return text[vendor] == '/' && is_part(text, vendor, LETTERS, "_-.") &&
           is_part(text + vendor + 1, strlen(text + vendor + 1), LETTERS, "_-");
}

bool device_name_is_plain(const char *text)
{
    return is_part(text, strlen(text), LETTERS DIGITS, "_-.:");
}

bool device_name_is_good(const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        return strcmp(text, DEVICE_GPU) == 0;
    }
    auto_free char *kind = xstrndup(text, (size_t)(equals - text));
    return device_name_is_kind(kind) && device_name_is_plain(equals + 1);
}

const char *device_names_parse(const char *text, struct strlist *names)
{
    static const char between[] = " \t,";
    const char *at = text + strspn(text, between);
    if (*at == '\0') {
        return "names as in gpu or nvidia.com/gpu=0, or none";
    }
    while (*at != '\0') {
        size_t length = strcspn(at, between);
        auto_free char *name = xstrndup(at, length);
        if (strcmp(name, DEVICE_NONE) == 0) {
            strlist_release(names);
        } else if (!device_name_is_good(name)) {
            return "names as in gpu or nvidia.com/gpu=0, or none";
        } else if (!strlist_has(names, name)) {
            strlist_add(names, name);
        }
        at += length + strspn(at + length, between);
    }
    return NULL;
}
