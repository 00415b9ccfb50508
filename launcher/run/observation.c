/* SPDX-License-Identifier: BSD-2-Clause
 * observation: how it is found out what a run read and changed. */
#include "run/observation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "run/findings.h"
#include "run/inputs.h"
#include "run/scratch.h"

static int look_at(struct observation *observation, struct facts *facts, const char *host, const char *inside,
                   struct err *err)
{
    observation->folder =
        xreallocarray(observation->folder, observation->folder_count + 1, sizeof(*observation->folder));
    struct observation_folder *folder = &observation->folder[observation->folder_count++];
    *folder = (struct observation_folder){.host = xstrdup(host), .inside = inside != NULL ? xstrdup(inside) : NULL};
    if (inventory_take(&folder->before, host, err) < 0) {
        return err_wrap(err, "what the run can write to must be readable");
    }
    for (size_t i = 0; i < folder->before.records.count; i++) {
        if (!strlist_has(&facts->hidden, folder->before.records.item[i])) {
            strlist_add(&facts->hidden, folder->before.records.item[i]);
        }
    }
    return 0;
}

static int look_before(struct observation *observation, struct facts *facts, struct err *err)
{
    struct manifest *manifest = observation->manifest;
    if (look_at(observation, facts, facts->workdir, NULL, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < manifest->setup.binds.count; i++) {
        const struct bind *bind = &manifest->setup.binds.item[i];
        bool beside = !path_is_under(bind->source, facts->workdir);
        if (!bind->read_only && bind->is_directory && beside &&
            look_at(observation, facts, bind->source, bind->target, err) < 0) {
            return -1;
        }
    }
    return inputs_hash(&manifest->inputs, err);
}

static const char *why_not_listen(void)
{
    const char *asked = getenv("SCIWRAP_RECORDING");
    if (asked != NULL && strcmp(asked, "comparison") == 0) {
        return "SCIWRAP_RECORDING=comparison";
    }
    return recorder_is_possible() ? NULL
                                  : "this kernel has no openat2 (before Linux 5.6), or an outer sandbox hides it";
}

static int need_no_seed(const struct manifest *manifest, const char *reason, struct err *err)
{
    if (manifest->setup.has_seed) {
        return err_set(err, ERR_HOST, "--seed cannot be kept here: %s", reason);
    }
    return 0;
}

int observation_prepare(struct observation *observation, struct facts *facts, struct manifest *manifest,
                        const char *project, struct err *err)
{
    struct recording *recording = &manifest->recording;
    const char *reason = why_not_listen();
    observation->manifest = manifest;
    observation->facts = facts;
    observation->observer.objects.fd = -1;
    if (reason != NULL) {
        recording->method = RECORDING_COMPARISON;
        recording->reason = xstrdup(reason);
        return need_no_seed(manifest, reason, err) < 0 ? -1 : look_before(observation, facts, err);
    }
    recording->method = RECORDING_NOTIFICATION;
    observation->listening = true;
    facts_hide_records_of(facts, facts->workdir);
    return project != NULL ? objects_open(&observation->observer.objects, project, err) : 0;
}

static const char *describe_refusal(int errnum)
{
    switch (errnum) {
    case ENOSYS:
    case EINVAL:
        return "this kernel has no notifications of system calls that can be continued (before Linux 5.5)";
    case EBUSY:
        return "sciwrap itself runs in a sandbox that listens to its system calls, and the kernel allows one listener";
    default:
        return "this host forbids notifications of system calls";
    }
}

/* The command waits until this returns. */
static int fall_back(struct observation *observation, const char *reason, struct err *err)
{
    struct recording *recording = &observation->manifest->recording;
    recording->method = RECORDING_COMPARISON;
    free(recording->reason);
    recording->reason = xstrdup(reason);
    if (need_no_seed(observation->manifest, reason, err) < 0) {
        return -1;
    }
    return look_before(observation, observation->facts, err);
}

static int declare_inputs(struct observation *observation, struct err *err)
{
    struct manifest *manifest = observation->manifest;
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        const struct file_item *item = &manifest->inputs.item[i];
        bool merely_named = item->role != NULL && strcmp(item->role, "argument") == 0;
        bool due = !item->has_digest && item->host != NULL && item->type == FILE_REGULAR && !merely_named;
        if (due && observer_declare(&observation->observer, item->host, err) < 0) {
            return err_wrap(err, "input");
        }
    }
    return 0;
}

int observation_record(struct observation *observation, int notify_fd, int errnum, struct err *err)
{
    observation->listening = notify_fd >= 0;
    if (notify_fd < 0) {
        return fall_back(observation, describe_refusal(errnum), err);
    }
    if (declare_inputs(observation, err) < 0) {
        close(notify_fd);
        return -1;
    }
    observer_start(&observation->observer, notify_fd);
    return 0;
}

void observation_expect(struct observation *observation, pid_t pid, int memory)
{
    if (observation->observer.recorder != NULL) {
        recorder_expect(observation->observer.recorder, pid, memory, observation->observer.plan->workdir);
    } else {
        close(memory);
    }
}

int observation_hear(struct observation *observation, struct err *err)
{
    return recorder_hear(observation->observer.recorder, err);
}

bool observation_join(struct observation *observation, const struct plan *plan)
{
    if (!observation->listening) {
        return false;
    }
    observation->observer.plan = plan;
    observation->observer.keep_most = observation->manifest->recording.keep_limit;
    if (observation->manifest->setup.has_seed) {
        observation->seeding.seed = observation->manifest->setup.seed;
        observation->observer.seeding = &observation->seeding;
    }
    observer_begin(&observation->observer);
    return true;
}

/* The private folders of runs lie where they were asked to, which may be here: they are no results. */
static bool is_private(const struct plan *plan, const char *folder, const char *below)
{
    auto_free char *parent = scratch_parent(plan->scratch);
    auto_free char *path = xasprintf("%s/%s", folder, below);
    return path_is_under(path, parent);
}

static void compare_folder(const struct observation_folder *folder, const struct plan *plan, struct file_list *outputs)
{
    struct inventory after = {0};
    struct file_list changes = {0};
    struct err err = {0};
    if (inventory_take(&after, folder->host, &err) < 0) {
        log_warn("outputs in '%s' are not recorded: %s", folder->host, err.text);
    } else {
        inventory_changes(&folder->before, &after, folder->host, &changes);
    }
    for (size_t i = 0; i < changes.count; i++) {
        struct file_item *change = &changes.item[i];
        if (is_private(plan, folder->host, change->path)) {
            continue;
        }
        auto_free char *path =
            folder->inside != NULL ? xasprintf("%s/%s", folder->inside, change->path) : xstrdup(change->path);
        struct file_item *item = file_list_add(outputs, path);
        char *own_path = item->path;
        free(change->path);
        change->path = NULL;
        *item = *change;
        item->path = own_path;
        *change = (struct file_item){0};
    }
    file_list_release(&changes);
    inventory_release(&after);
}

static void compare(struct observation *observation, const struct plan *plan)
{
    for (size_t i = 0; i < observation->folder_count; i++) {
        compare_folder(&observation->folder[i], plan, &observation->manifest->outputs);
    }
}

static void gather(struct observation *observation, const char *rootfs)
{
    struct observer *observer = &observation->observer;
    struct manifest *manifest = observation->manifest;
    observer_wait(observer);
    findings_outputs(observer, &manifest->setup, observation->facts, &manifest->outputs);
    findings_inputs(observer, &manifest->setup, observation->facts, &manifest->inputs, &manifest->recording.gaps);
    programs_gather(observer, rootfs, &manifest->programs);
    manifest->processes = observer->processes;
    observer->processes = (struct processes){0};
    manifest->addresses = observer->addresses;
    observer->addresses = (struct strlist){0};
    manifest->recording.calls = recorder_count(observer->recorder);
    uint64_t unnamed = recorder_count_unnamed(observer->recorder);
    if (unnamed > 0) {
        strlist_addf(&manifest->recording.gaps, "%llu calls named something by a path too long to be looked up",
                     (unsigned long long)unnamed);
    }
    manifest->recording.digests_reused = observer->digests.reused;
}

void observation_finish(struct observation *observation, const struct plan *plan)
{
    if (observation->listening && observation->observer.recorder != NULL) {
        gather(observation, plan->rootfs);
    } else if (observation->manifest->recording.method == RECORDING_COMPARISON) {
        compare(observation, plan);
    }
}

void observation_release(struct observation *observation)
{
    if (observation->observer.plan != NULL) {
        observer_end(&observation->observer);
    }
    objects_close(&observation->observer.objects);
    seeding_release(&observation->seeding);
    for (size_t i = 0; i < observation->folder_count; i++) {
        free(observation->folder[i].host);
        free(observation->folder[i].inside);
        inventory_release(&observation->folder[i].before);
    }
    free(observation->folder);
}
