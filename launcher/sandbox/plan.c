/* SPDX-License-Identifier: BSD-2-Clause
 * plan: everything that the sandbox needs to start one process. */
#include "sandbox/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct plan_mount *plan_add_mount(struct plan *plan, enum plan_mount_kind kind, const char *target)
{
    if (plan->mount_count == plan->mount_capacity) {
        plan->mount_capacity = plan->mount_capacity < 16 ? 16 : plan->mount_capacity * 2;
        plan->mount = xreallocarray(plan->mount, plan->mount_capacity, sizeof(*plan->mount));
    }
    struct plan_mount *mount = &plan->mount[plan->mount_count++];
    *mount = (struct plan_mount){.kind = kind, .target = xstrdup(target)};
    return mount;
}

struct plan_mount *plan_add_bind(struct plan *plan, const char *source, const char *target, bool read_only)
{
    struct plan_mount *mount = plan_add_mount(plan, PLAN_BIND, target);
    mount->source = xstrdup(source);
    mount->read_only = read_only;
    return mount;
}

void plan_add_file(struct plan *plan, const char *target, const char *content)
{
    struct plan_mount *mount = plan_add_mount(plan, PLAN_FILE, target);
    mount->content = xstrdup(content);
    mount->read_only = true;
}

void plan_add_device(struct plan *plan, const char *source, const char *target, unsigned major, unsigned minor)
{
    plan->device = xreallocarray(plan->device, plan->device_count + 1, sizeof(*plan->device));
    plan->device[plan->device_count++] =
        (struct plan_device){.source = xstrdup(source), .target = xstrdup(target), .major = major, .minor = minor};
}

void plan_add_link(struct plan *plan, const char *target, const char *text)
{
    plan->link = xreallocarray(plan->link, plan->link_count + 1, sizeof(*plan->link));
    plan->link[plan->link_count++] = (struct plan_link){.target = xstrdup(target), .text = xstrdup(text)};
}

const char *plan_search_path(const struct plan *plan)
{
    const char *path = strlist_value(strlist_items(&plan->environment), "PATH");
    return path != NULL ? path : "/usr/local/bin:/usr/bin:/bin";
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        free(plan->mount[i].source);
        free(plan->mount[i].target);
        free(plan->mount[i].content);
    }
    for (size_t i = 0; i < plan->device_count; i++) {
        free(plan->device[i].source);
        free(plan->device[i].target);
    }
    for (size_t i = 0; i < plan->link_count; i++) {
        free(plan->link[i].target);
        free(plan->link[i].text);
    }
    free(plan->mount);
    free(plan->device);
    free(plan->link);
    free(plan->rootfs);
    free(plan->scratch);
    free(plan->workdir);
    free(plan->hostname);
    strlist_release(&plan->argv);
    strlist_release(&plan->environment);
    *plan = (struct plan){0};
}
