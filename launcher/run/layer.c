/* SPDX-License-Identifier: BSD-2-Clause
 * layer: what a run with --writable wrote over its read-only root. */
#include "run/layer.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "base/mem.h"
#include "run/inventory.h"

static bool is_mount_place(const struct plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        if (strcmp(plan->mount[i].target, path) == 0) {
            return true;
        }
    }
    return false;
}

size_t layer_lost(const struct plan *plan, struct strlist *ret_names)
{
    struct inventory layer = {0};
    struct err ignored = {0};
    size_t lost = 0;
    auto_free char *upper = xasprintf("%s/upper", plan->scratch);
    (void)inventory_take(&layer, upper, &ignored);
    for (size_t i = 0; i < layer.count; i++) {
        const struct stat *st = &layer.entry[i].st;
        auto_free char *path = xasprintf("/%s", layer.entry[i].path);
        if (S_ISDIR(st->st_mode) || is_mount_place(plan, path)) {
            continue;
        }
        if (lost++ < LAYER_NAMED) {
            /* overlayfs: a character device 0:0 stands for a deletion (Documentation/filesystems/overlayfs.rst) */
            bool deleted = S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
            strlist_addf(ret_names, "%s%s", path, deleted ? " (deleted)" : "");
        }
    }
    inventory_release(&layer);
    return lost;
}
