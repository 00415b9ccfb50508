/* SPDX-License-Identifier: BSD-2-Clause
 * devices_rerun: the devices of a recorded run, looked for on the host of its rerun. */
#include "run/devices_rerun.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"
#include "run/planner.h"

static char *join(const struct strlist *words)
{
    struct buf text = {0};
    for (size_t i = 0; i < words->count; i++) {
        buf_addf(&text, "%s%s", i > 0 ? ", " : "", words->item[i]);
    }
    buf_add_text(&text, "");
    return buf_take(&text);
}

static char *nodes_of(const struct devices *devices)
{
    struct strlist nodes = {0};
    for (size_t i = 0; i < devices->node_count; i++) {
        strlist_add(&nodes, devices->node[i].path);
    }
    char *text = join(&nodes);
    strlist_release(&nodes);
    return text;
}

static void ask_again(struct devices *now, const struct devices *then)
{
    devices_release(now);
    for (size_t i = 0; i < then->asked.count; i++) {
        strlist_add(&now->asked, then->asked.item[i]);
    }
}

static void tell(const struct devices *now, const struct devices *then, struct strlist *notes)
{
    auto_free char *asked = join(&then->asked);
    auto_free char *here = nodes_of(now);
    auto_free char *there = nodes_of(then);
    if (strcmp(here, there) == 0) {
        strlist_addf(notes, "the run used devices of its host (%s); the rerun uses those of this one: %s", asked, here);
    } else {
        strlist_addf(notes, "the run used devices of its host (%s): %s; the rerun uses those of this one: %s", asked,
                     there, here[0] != '\0' ? here : "none");
    }
}

/* Which device of a node a job had is no part of the experiment. */
static void renew_variables(struct setup *setup, const struct devices *then, char *const *environment,
                            struct strlist *notes)
{
    struct strlist kept = {0};
    struct strlist old = setup->variables;
    for (size_t i = 0; i < old.count; i++) {
        auto_free char *name = xstrndup(old.item[i], strcspn(old.item[i], "="));
        if (!strlist_has(&then->passed, name)) {
            strlist_add(&kept, old.item[i]);
        }
    }
    devices_set_variables(&setup->devices, environment, &kept);
    strlist_sort(&kept);
    for (size_t i = 0; i < then->passed.count; i++) {
        const char *was = strlist_value(strlist_items(&old), then->passed.item[i]);
        const char *is = strlist_value(strlist_items(&kept), then->passed.item[i]);
        if (was != NULL && (is == NULL || strcmp(is, was) != 0)) {
            strlist_addf(notes, "%s was %s and is that of the caller now: %s", then->passed.item[i], was,
                         is != NULL ? is : "not set");
        }
    }
    setup->variables = kept;
    strlist_release(&old);
}

void devices_again(struct setup *setup, const struct strlist *folders, const char *rootfs, char *const *environment,
                   struct strlist *ret_notes)
{
    struct err err = {0};
    struct devices then = setup->devices;
    struct devices *now = &setup->devices;
    if (!devices_are_there(&then)) {
        return;
    }
    *now = (struct devices){0};
    ask_again(now, &then);
    auto_fd int rootfs_fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (devices_find(now, folders, rootfs_fd, ret_notes, &err) < 0 || planner_check_devices(setup, &err) < 0) {
        auto_free char *asked = join(&then.asked);
        auto_free char *there = nodes_of(&then);
        strlist_addf(
            ret_notes,
            "the run used devices of its host (%s): %s; the rerun gets none, expect it to fail or to differ: %s", asked,
            there, err.text);
        ask_again(now, &then);
    } else {
        tell(now, &then, ret_notes);
    }
    renew_variables(setup, &then, environment, ret_notes);
    devices_release(&then);
}
