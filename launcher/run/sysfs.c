/* SPDX-License-Identifier: BSD-2-Clause
 * sysfs: where /sys tells of a device node. */
#include "run/sysfs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"

/* Where `path` leads on the host, when that is below /sys/WHERE; else NULL. Caller frees. */
static char *resolve(const char *root, const char *path, const char *where)
{
    auto_free char *whole = xasprintf("%s%s", root, path);
    auto_free char *real = realpath(whole, NULL);
    auto_free char *real_root = root[0] != '\0' ? realpath(root, NULL) : xstrdup("");
    size_t length = real_root != NULL ? strlen(real_root) : 0;
    if (real == NULL || real_root == NULL || strncmp(real, real_root, length) != 0) {
        return NULL;
    }
    auto_free char *wanted = xasprintf("/sys/%s", where);
    const char *below = real + length;
    return path_is_under(below, wanted) && strcmp(below, wanted) != 0 ? xstrdup(below) : NULL;
}

static char *resolve_in(const char *root, const char *folder, const char *name, const char *where)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    return resolve(root, path, where);
}

static void add_link(struct sysfs_place *place, const char *text, const char *folder, const char *name)
{
    strlist_addf(&place->links, "%s/%s", folder, name);
    strlist_add(&place->links, text);
}

bool sysfs_find(const char *root, uint32_t major, uint32_t minor, struct sysfs_place *ret_place)
{
    auto_free char *number = xasprintf("%" PRIu32 ":%" PRIu32, major, minor);
    auto_free char *named = xasprintf("/sys/dev/char/%s", number);
    auto_free char *node = resolve(root, named, "devices");
    if (node == NULL) {
        return false;
    }
    struct sysfs_place place = {0};
    add_link(&place, node, "/sys/dev/char", number);
    auto_free char *class = resolve_in(root, node, "subsystem", "class");
    if (class != NULL) {
        add_link(&place, node, class, path_base(node));
    }
    auto_free char *hardware = resolve_in(root, node, "device", "devices");
    if (hardware != NULL && path_is_under(node, hardware)) {
        auto_free char *bus = resolve_in(root, hardware, "subsystem", "bus");
        auto_free char *devices = bus != NULL ? xasprintf("%s/devices", bus) : NULL;
        if (devices != NULL) {
            add_link(&place, hardware, devices, path_base(hardware));
        }
        place.folder = steal_ptr(&hardware);
    } else {
        place.folder = xstrdup(node);
    }
    *ret_place = place;
    return true;
}

void sysfs_place_release(struct sysfs_place *place)
{
    free(place->folder);
    strlist_release(&place->links);
    *place = (struct sysfs_place){0};
}
