/* SPDX-License-Identifier: BSD-2-Clause
 * devices_seen: what devices this host has for runs, in words. */
#include "run/devices_seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "run/cdi_find.h"
#include "run/gpu.h"

static void add_models(struct buf *line)
{
    struct strlist models = {0};
    auto_free char *driver = gpu_driver("", &models);
    for (size_t i = 0; i < models.count; i++) {
        buf_addf(line, "%s%s", i == 0 ? "; " : ", ", models.item[i]);
    }
    if (driver != NULL) {
        buf_addf(line, "; driver %s", driver);
    }
    strlist_release(&models);
}

static bool describe_specs(const struct cdi_files *files, bool gpus, struct buf *line)
{
    bool found = false;
    for (size_t i = 0; i < files->count; i++) {
        const struct cdi_spec *spec = &files->item[i].spec;
        if ((strcmp(strchr(spec->kind, '/') + 1, "gpu") == 0) != gpus) {
            continue;
        }
        for (size_t k = 0; k < spec->device_count; k++) {
            buf_addf(line, "%s%s=%s", found ? ", " : "", spec->kind, spec->device[k].name);
            found = true;
        }
        buf_addf(line, " (by '%s'%s)", files->item[i].path, files->item[i].of_user ? ", not root's alone" : "");
    }
    return found;
}

static bool describe_found(struct buf *line)
{
    struct cdi_edits edits = {0};
    bool found = gpu_find("", &edits);
    for (size_t i = 0; i < edits.node_count; i++) {
        buf_addf(line, "%s%s", i > 0 ? ", " : "", edits.node[i].path);
    }
    if (found) {
        buf_addf(line, "; %zu libraries of the driver; there is no CDI specification, which would name them exactly",
                 edits.mount_count);
    }
    cdi_edits_release(&edits);
    return found;
}

bool devices_seen(struct strlist *ret_lines)
{
    struct cdi_files files = {0};
    auto_release(buf) struct buf gpus = {0};
    auto_release(buf) struct buf others = {0};
    cdi_find(NULL, &files);
    bool found = describe_specs(&files, true, &gpus) || describe_found(&gpus);
    if (found) {
        add_models(&gpus);
        strlist_addf(ret_lines, "GPUs: %s", buf_text(&gpus));
    } else {
        strlist_add(ret_lines, "GPUs: none is seen: no CDI specification of a class 'gpu', no /dev/nvidia0, no "
                               "/dev/dri/renderD*, no /dev/kfd; only --gpu needs one");
    }
    if (describe_specs(&files, false, &others)) {
        strlist_addf(ret_lines, "other devices: %s", buf_text(&others));
    }
    for (size_t i = 0; i < files.troubles.count; i++) {
        strlist_addf(ret_lines, "CDI specification not read: %s", files.troubles.item[i]);
    }
    cdi_files_release(&files);
    return found;
}
