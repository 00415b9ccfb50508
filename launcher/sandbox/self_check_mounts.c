/* SPDX-License-Identifier: BSD-2-Clause
 * self_check_mounts: the part of self_check.h about mounts.
 *
 * A link of the image may have led a mount of the plan to another place inside, so each is looked for by its target and
 * then known by its number. What is mounted beneath a mount of the plan is judged as that one. */
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/path.h"
#include "sandbox/mount_list.h"
#include "sandbox/self_check.h"

enum role { ROLE_ANY, ROLE_ROOT, ROLE_DEV, ROLE_PROC };

struct wanted {
    uint64_t id;
    enum role role;
    uint32_t type; /* 0: of the host's choice */
    bool read_only;
    bool devices;
};

struct check {
    const struct plan *plan;
    struct mount_list list;
    struct wanted *wanted;
    size_t count;
};

static void check_release(struct check *check)
{
    mount_list_release(&check->list);
    free(check->wanted);
}

static int differs(struct err *err, const char *point, const char *how)
{
    return err_set(err, ERR_HOST,
                   "self-check: the mount at '%s' %s, although every step towards it succeeded; something between "
                   "sciwrap and the kernel answers in its place (a tracer, an outer sandbox)",
                   point, how);
}

static const struct wanted *wanted_with(const struct check *check, uint64_t id)
{
    for (size_t i = 0; i < check->count; i++) {
        if (check->wanted[i].id == id) {
            return &check->wanted[i];
        }
    }
    return NULL;
}

static int want(struct check *check, const char *target, struct wanted wanted, struct err *err)
{
    const struct mount_seen *seen = mount_list_at(&check->list, target);
    if (seen == NULL || wanted_with(check, seen->id) != NULL) {
        return differs(err, target, "is not there");
    }
    wanted.id = seen->id;
    check->wanted[check->count++] = wanted;
    return 0;
}

/* A later mount of the plan at the same place or above it hides this one, as the caller asked. */
static bool is_hidden(const struct plan *plan, size_t i)
{
    for (size_t later = i + 1; later < plan->mount_count; later++) {
        if (path_is_under(plan->mount[i].target, plan->mount[later].target)) {
            return true;
        }
    }
    return false;
}

static struct wanted wanted_of(const struct plan_mount *mount)
{
    bool ours = mount->kind == PLAN_FILE || mount->kind == PLAN_DEV;
    struct wanted wanted = {.type = TMPFS_MAGIC, .read_only = mount->read_only || ours};
    if (mount->kind == PLAN_BIND) {
        wanted.type = 0;
    } else if (mount->kind == PLAN_PROC) {
        wanted.type = PROC_SUPER_MAGIC;
        wanted.role = ROLE_PROC;
    } else if (mount->kind == PLAN_DEV) {
        wanted.role = ROLE_DEV;
    }
    return wanted;
}

static int want_plan(struct check *check, const struct plan *plan, struct err *err)
{
    check->wanted = xcalloc(plan->mount_count + 3, sizeof(*check->wanted));
    struct wanted root = {
        .role = ROLE_ROOT, .type = plan->writable ? OVERLAYFS_SUPER_MAGIC : TMPFS_MAGIC, .read_only = !plan->writable};
    if (want(check, "/", root, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < plan->mount_count; i++) {
        if (!is_hidden(plan, i) && want(check, plan->mount[i].target, wanted_of(&plan->mount[i]), err) < 0) {
            return -1;
        }
    }
    if (want(check, "/dev/pts", (struct wanted){.type = DEVPTS_SUPER_MAGIC, .devices = true}, err) < 0) {
        return -1;
    }
    return want(check, "/dev/shm", (struct wanted){.type = TMPFS_MAGIC}, err);
}

/* The mount of the plan that this one is, or is beneath; NULL: neither, it hangs in nothing that we have made. */
static const struct wanted *wanted_above(const struct check *check, const struct mount_seen *seen)
{
    for (size_t depth = 0; seen != NULL && depth <= check->list.count; depth++) {
        const struct wanted *wanted = wanted_with(check, seen->id);
        if (wanted != NULL) {
            return wanted;
        }
        seen = mount_list_find(&check->list, seen->parent);
    }
    return NULL;
}

static int check_flags(const struct mount_seen *seen, bool read_only, bool devices, struct err *err)
{
    if (seen->passes_on) {
        return differs(err, mount_list_point(seen), "passes mounts on to the host");
    }
    if (read_only && !seen->read_only) {
        return differs(err, mount_list_point(seen), "is writable");
    }
    if (!devices && (!seen->no_suid || !seen->no_dev)) {
        return differs(err, mount_list_point(seen), "lets devices or set-user-id programs work");
    }
    return 0;
}

/* Under a later mount of the plan, out of reach. */
static bool is_hidden_target(const struct plan *plan, const char *point)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        if (strcmp(plan->mount[i].target, point) == 0 && is_hidden(plan, i)) {
            return true;
        }
    }
    return false;
}

/* Not in the plan: parts of the root file system, and what is mounted beneath a mount of the plan. */
static int check_other(const struct check *check, const struct mount_seen *seen, const struct wanted *above,
                       struct err *err)
{
    if (above == NULL) {
        return differs(err, mount_list_point(seen), "belongs to nothing that was planned");
    }
    if (above->role == ROLE_DEV) {
        return check_flags(seen, false, true, err); /* a device file or terminals; the folder itself is ours */
    }
    /* The host's root, had it not been detached. */
    if (above->role == ROLE_ROOT && strcmp(mount_list_point(seen), "/") == 0) {
        return differs(err, "/", "is not the only one there");
    }
    bool hidden = !seen->read_only && is_hidden_target(check->plan, mount_list_point(seen));
    return check_flags(seen, (above->read_only || above->role == ROLE_PROC) && !hidden, false, err);
}

static int check_all(const struct check *check, size_t covered, bool more, struct err *err)
{
    size_t in_proc = 0;
    for (size_t i = 0; i < check->list.count; i++) {
        const struct mount_seen *seen = &check->list.item[i];
        const struct wanted *above = wanted_above(check, seen);
        if (above == NULL || above->id != seen->id) {
            in_proc += above != NULL && above->role == ROLE_PROC;
            if (check_other(check, seen, above, err) < 0) {
                return -1;
            }
        } else if (above->type != 0 && seen->type != above->type) {
            return differs(err, mount_list_point(seen), "has another type");
        } else if (check_flags(seen, above->read_only, above->devices, err) < 0) {
            return -1;
        }
    }
    return in_proc == covered || (more && in_proc > covered) ? 0
                                                             : differs(err, "/proc", "shows what was to be covered");
}

int self_check_mounts(const struct plan *plan, const struct strlist *covered, bool shared_proc, struct err *err)
{
    auto_release(check) struct check check = {.plan = plan};
    if (mount_list_read(&check.list, err) < 0 || want_plan(&check, plan, err) < 0) {
        return -1;
    }
    return check_all(&check, covered->count, shared_proc, err);
}
