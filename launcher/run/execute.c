/* SPDX-License-Identifier: BSD-2-Clause
 * execute: carries out a setup once and finds out what came of it. */
#include "run/execute.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "run/announcement.h"
#include "run/devices_hash.h"
#include "run/job_end.h"
#include "run/layer.h"
#include "run/limits.h"
#include "run/observation.h"
#include "run/planner.h"
#include "run/pump.h"
#include "run/scratch.h"
#include "run/tree_check.h"
#include "run/variables.h"
#include "sandbox/launch.h"

static void mark_rewritten(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->inputs.count; i++) {
        struct file_item *input = &manifest->inputs.item[i];
        const struct file_item *output = file_list_find(&manifest->outputs, input->path);
        bool same = output != NULL && output->has_digest && digest_equal(&output->digest, &input->digest);
        input->rewritten = output != NULL && output->change != FILE_MODE && !same;
    }
}

static void look_after(const struct execution *execution, const struct plan *plan, struct observation *observation,
                       struct manifest *manifest)
{
    if (!execution->observe) {
        return;
    }
    /* The command may have left half a line on the terminal. */
    struct progress progress = {.below = true};
    progress_watch(&progress, "hash what it read and wrote", 0, PROGRESS_BYTES);
    observation_finish(observation, plan);
    progress_release(&progress);
    if (execution->group != NULL) {
        join_add_outputs(execution->group, &manifest->outputs);
    } else {
        streams_add_outputs(manifest->stream, &manifest->outputs);
    }
    streams_add_passed(manifest->stream, &manifest->inputs, &manifest->outputs);
    file_list_sort(&manifest->outputs);
    mark_rewritten(manifest);
}

static void note_lost(const struct plan *plan, struct strlist *notes)
{
    struct strlist names = {0};
    struct buf list = {0};
    size_t lost = plan->writable ? layer_lost(plan, &names) : 0;
    for (size_t i = 0; i < names.count; i++) {
        buf_addf(&list, "%s%s", i > 0 ? ", " : "", names.item[i]);
    }
    if (lost > 0) {
        strlist_addf(notes,
                     "gone with the writable layer: %zu %s: %s%s; what is to stay belongs into the work directory",
                     lost, lost == 1 ? "file" : "files", buf_text(&list), lost > names.count ? ", ..." : "");
    }
    buf_release(&list);
    strlist_release(&names);
}

/* The batch system ended it. */
static void note_end(struct manifest *manifest, struct strlist *notes)
{
    const struct launch_result *launched = &manifest->circumstances.launch;
    manifest->circumstances.job.cancelled = launched->told_to_end;
    if (launched->killed_late) {
        strlist_addf(notes, "Slurm told the job to end and the command went on: it was killed before Slurm kills all, "
                            "so that this record could be written");
    }
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void set_exit(struct manifest *manifest, bool started, const struct err *err)
{
    struct launch_result *launched = &manifest->circumstances.launch;
    if (!started) {
        manifest->exit.code = err_exit_code(err);
        manifest->exit.error = xstrdup(err->text);
        return;
    }
    manifest->exit.code = launch_exit_code(launched);
    manifest->exit.signal = WIFSIGNALED(launched->wait_status) ? WTERMSIG(launched->wait_status) : 0;
}

/* What goes on beside the launch. */
struct beside {
    struct execution *execution;
    struct observation *observation;
    struct manifest *manifest;
    const struct plan *plan;
    int announcement; /* -1: none */
    struct devices_hash hash;
    struct pump pump;
};

static void gather(const struct execution *execution, struct manifest *manifest)
{
    uint64_t limit = manifest->setup.limits.value[LIMIT_CPUS];
    circumstances_gather(&manifest->circumstances, execution->facts->workdir);
    struct err unread = {0}; /* the task that this is has read it: then it is only not told */
    job_gather(&manifest->circumstances.job, execution->facts->environment);
    (void)sweep_row_gather(&manifest->circumstances.job.row, NULL, &unread);
    if (limit != 0 && limit < manifest->circumstances.cpu_count) {
        manifest->circumstances.cpu_count = limit;
    }
    const struct strlist *had =
        execution->group != NULL ? join_environment(execution->group) : &manifest->setup.variables;
    variables_dropped(execution->facts->environment, had, &manifest->circumstances.variables_dropped);
}

/* Init builds the sandbox meanwhile: asking the CPU for its name alone costs 50 us on a virtual machine. */
static void begin(void *context)
{
    struct beside *beside = context;
    if (beside->execution->group == NULL) {
        pump_start(&beside->pump);
    }
    if (beside->execution->observe) {
        devices_hash_start(&beside->hash, &beside->manifest->setup.devices);
    }
    gather(beside->execution, beside->manifest);
}

static int record(void *context, pid_t init, int notify_fd, int errnum, struct err *err)
{
    struct beside *beside = context;
    beside->observation->observer.processes.init = init;
    return observation_record(beside->observation, notify_fd, errnum, err);
}

static int hear(void *context, struct err *err)
{
    struct beside *beside = context;
    return observation_hear(beside->observation, err);
}

static void announce(void *context, const struct launch_result *so_far)
{
    struct beside *beside = context;
    beside->announcement = announcement_make(beside->manifest, beside->plan, beside->execution->project, so_far);
}

static uint64_t told_to_end(void *context, unsigned times)
{
    const struct beside *beside = context;
    return job_end_grace(&beside->manifest->circumstances.job, times);
}

static void expect(void *context, pid_t pid, int memory)
{
    struct beside *beside = context;
    observation_expect(beside->observation, pid, memory);
}

static void take_ranks(const struct execution *execution, struct manifest *manifest)
{
    const char *failure = join_failure(execution->group);
    join_record(execution->group, &manifest->step);
    manifest->exit.error = failure != NULL && manifest->exit.error == NULL ? xstrdup(failure) : manifest->exit.error;
}

/* The pipes of the command go through us; what cannot be passed on makes the run a failed one. */
static int launch_pumped(struct beside *beside, const struct plan *plan, struct launch_company *company,
                         struct err *err)
{
    const struct execution *execution = beside->execution;
    struct manifest *manifest = beside->manifest;
    struct err unpassed = {0};
    if (execution->group != NULL) { /* each has its own, from whoever started it */
        company->ranks = join_company(execution->group, expect, beside);
        return launch(plan, company, &manifest->circumstances.launch, err);
    }
    if (pump_prepare(&beside->pump, manifest->stream, execution->observe, execution->project,
                     manifest->recording.keep_limit, company->stdio, err) < 0) {
        return -1;
    }
    int result = launch(plan, company, &manifest->circumstances.launch, err);
    if (pump_finish(&beside->pump, &beside->execution->notes, &unpassed) < 0 && result == 0) {
        *err = unpassed;
        result = -1;
    }
    return result;
}

/* A limit of its own that was asked for chooses among the same CPUs (sandbox/limits.h). */
static int launch_in_job(struct beside *beside, const struct plan *plan, struct launch_company *company,
                         struct err *err)
{
    struct cpus cpus = {0};
    bool pinned = plan->limits.value[LIMIT_CPUS] == 0 && job_pin(&beside->execution->facts->job, &cpus);
    int result = launch_pumped(beside, plan, company, err);
    if (pinned) {
        cpus_release(&cpus);
    }
    return result;
}

static int start(struct execution *execution, const struct scratch *scratch, struct observation *observation,
                 struct manifest *manifest, struct err *err)
{
    struct plan plan = {0};
    struct beside beside = {
        .execution = execution, .observation = observation, .manifest = manifest, .plan = &plan, .announcement = -1};
    struct launch_company company = {
        .context = &beside, .begin = begin, .hear = hear, .ready = announce, .stdio = {-1, -1, -1}};
    struct launch_result *launched = &manifest->circumstances.launch;
    planner_build(&manifest->setup, execution->facts, execution->rootfs, scratch->path, &plan);
    company.record = observation_join(observation, &plan) ? record : NULL;
    company.told_to_end = execution->facts->job.is_node ? told_to_end : NULL;
    company.recorded = execution->observe;
    company.seeded = manifest->setup.has_seed;
    if (execution->verify != NULL) {
        observation->observer.used = tree_check_used;
        observation->observer.context = execution->verify;
    }
    int64_t began_ns = clock_ns(CLOCK_REALTIME);
    struct progress progress = {0};
    progress_watch(&progress, "check the environment", 0, PROGRESS_FILES);
    int result = tree_check(execution->verify, manifest->recording.verified.level, &plan, err);
    progress_release(&progress);
    if (result == 0) {
        result = launch_in_job(&beside, &plan, &company, err);
    }
    devices_hash_finish(&beside.hash, &manifest->recording.gaps);
    if (result < 0) {
        launched->started_ns = began_ns;
        launched->ended_ns = clock_ns(CLOCK_REALTIME);
        launched->elapsed_ns = launched->ended_ns - began_ns;
    } else {
        note_end(manifest, &execution->notes);
        note_lost(&plan, &execution->notes);
        if (launched->limits != NULL) {
            limits_tell_weak(launched->limits, &execution->notes);
        }
    }
    manifest->circumstances.entered = announcement_entered(beside.announcement);
    if (beside.announcement >= 0) {
        close(beside.announcement);
    }
    set_exit(manifest, result == 0, err);
    if (execution->group != NULL) {
        take_ranks(execution, manifest);
    }
    look_after(execution, &plan, observation, manifest);
    struct job *job = &manifest->circumstances.job;
    job->cancelled |= execution->facts->job.is_node && !job->cancelled && launch_told_late(launched);
    verified_take(&manifest->recording.verified, execution->verify);
    observation_release(observation);
    plan_release(&plan);
    return result;
}

static int prepare(const struct execution *execution, struct observation *observation, struct manifest *manifest,
                   struct err *err)
{
    manifest->recording.keep_limit = execution->keep_limit;
    struct facts *facts = execution->facts;
    if (manifest->setup.network == NETWORK_HOST) {
        facts_need_network(facts);
    }
    if (!execution->observe && !manifest->setup.has_seed) { /* a seed is kept by the one who listens */
        facts_hide_records_of(facts, facts->workdir);
        return 0;
    }
    return observation_prepare(observation, facts, manifest, execution->project, err);
}

int execute(struct execution *execution, struct manifest *manifest, bool *ret_launched, struct err *err)
{
    struct observation observation = {.observer.objects.fd = -1};
    struct scratch scratch = {.parent_fd = -1, .fd = -1};
    *ret_launched = false;
    int result = prepare(execution, &observation, manifest, err);
    if (result == 0) {
        result = scratch_open(&scratch, manifest->setup.writable, err);
    }
    if (result == 0) {
        *ret_launched = true;
        result = start(execution, &scratch, &observation, manifest, err);
        if (manifest->circumstances.workdir == NULL) { /* not even the first process could be made */
            gather(execution, manifest);
        }
    } else {
        observation_release(&observation);
    }
    scratch_close(&scratch);
    return result;
}
