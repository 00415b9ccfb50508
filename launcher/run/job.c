/* SPDX-License-Identifier: BSD-2-Clause
 * job: the job of a batch system that a run is part of. */
#include "run/job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "run/caller.h"

#define MEBI (UINT64_C(1) << 20)

/* More than any machine has, and far from an overflow. */
enum { CPUS_HIGHEST = 1 << 20, SECONDS_MOST_BITS = 40 };

/* NULL when it is not set, empty, or too long to be one. */
static char *text_of(char *const *environment, const char *name)
{
    const char *value = strlist_value(environment, name);
    return value != NULL && value[0] != '\0' && strlen(value) <= JOB_TEXT_MOST ? xstrdup(value) : NULL;
}

/* The script of a batch job has all CPUs of its node. A task of a step has those that were asked for each task, or its
 * share: the tasks on this node run side by side. */
static uint64_t cpus_of(char *const *environment, bool is_step)
{
    uint64_t on_node = 0;
    uint64_t for_task = 0;
    uint64_t node = 0;
    (void)caller_number(environment, "SLURM_CPUS_ON_NODE", 1, CPUS_HIGHEST, &on_node);
    if (!is_step || on_node == 0) {
        return on_node;
    }
    if (caller_number(environment, "SLURM_CPUS_PER_TASK", 1, CPUS_HIGHEST, &for_task)) {
        return for_task < on_node ? for_task : on_node;
    }
    (void)caller_number(environment, "SLURM_NODEID", 0, UINT32_MAX, &node);
    uint64_t tasks = caller_per_node(strlist_value(environment, "SLURM_STEP_TASKS_PER_NODE"), node);
    uint64_t share = tasks > 1 ? on_node / tasks : on_node;
    return share > 0 ? share : 1;
}

/* In MiB; 0 is Slurm's word for all of the node. */
static uint64_t memory_of(char *const *environment)
{
    const uint64_t most = UINT64_MAX / MEBI / CPUS_HIGHEST;
    uint64_t node = 0;
    uint64_t cpu = 0;
    uint64_t cpus = 0;
    if (caller_number(environment, "SLURM_MEM_PER_NODE", 1, most, &node)) {
        return node * MEBI;
    }
    bool known = caller_number(environment, "SLURM_MEM_PER_CPU", 1, most, &cpu) &&
                 caller_number(environment, "SLURM_CPUS_ON_NODE", 1, CPUS_HIGHEST, &cpus);
    return known ? cpu * cpus * MEBI : 0;
}

static void gather_time(struct job *job, char *const *environment)
{
    const uint64_t most = UINT64_C(1) << SECONDS_MOST_BITS;
    uint64_t start = 0;
    uint64_t end = 0;
    if (caller_number(environment, "SLURM_JOB_END_TIME", 1, most, &end)) {
        job->end_s = end;
        if (caller_number(environment, "SLURM_JOB_START_TIME", 1, end, &start)) {
            job->time_limit_s = end - start;
        }
    }
    if (job->time_limit_s == 0) { /* older Slurms do not tell it: from the script of sciwrap submit */
        (void)caller_number(environment, "SCIWRAP_SWEEP_TIME", 1, most, &job->time_limit_s);
    }
}

static void gather_step(struct job *job, char *const *environment)
{
    job->step = text_of(environment, "SLURM_STEP_ID");
    if (job->step == NULL) {
        job->nodes = text_of(environment, "SLURM_JOB_NODELIST");
        return;
    }
    job->nodes = text_of(environment, "SLURM_STEP_NODELIST");
    job->has_task = caller_number(environment, "SLURM_PROCID", 0, UINT32_MAX, &job->task);
    (void)caller_number(environment, "SLURM_STEP_NUM_TASKS", 1, UINT32_MAX, &job->tasks);
}

void job_gather(struct job *job, char *const *environment)
{
    *job = (struct job){.id = text_of(environment, "SLURM_JOB_ID")};
    if (job->id == NULL) {
        return;
    }
    job->is_there = true;
    job->node = text_of(environment, "SLURMD_NODENAME");
    job->is_node = job->node != NULL;
    job->has_array_index = caller_number(environment, "SLURM_ARRAY_TASK_ID", 0, UINT32_MAX, &job->array_index);
    job->array_id = job->has_array_index ? text_of(environment, "SLURM_ARRAY_JOB_ID") : NULL;
    job->submit_host = text_of(environment, "SLURM_SUBMIT_HOST");
    gather_step(job, environment);
    if (job->is_node) {
        job->cpus = cpus_of(environment, job->step != NULL);
        job->memory_bytes = memory_of(environment);
        gather_time(job, environment);
    }
    job->has_sweep_row = caller_number(environment, "SCIWRAP_SWEEP_ROW", 0, INT64_MAX, &job->sweep_row);
    job->sweep_id = job->has_sweep_row ? text_of(environment, "SCIWRAP_SWEEP_ID") : NULL;
}

void job_release(struct job *job)
{
    free(job->id);
    free(job->array_id);
    free(job->step);
    free(job->node);
    free(job->nodes);
    free(job->submit_host);
    free(job->sweep_id);
    sweep_row_release(&job->row);
    *job = (struct job){0};
}

bool job_pin(const struct job *job, struct cpus *ret_cpus)
{
    struct cpus cpus = {0};
    if (!job->is_loose || !cpus_choose(job->cpus, &cpus)) {
        return false;
    }
    /* Refused, the run goes on as it would without: it is Slurm's to hold it. */
    (void)cpus_pin(&cpus);
    *ret_cpus = cpus;
    return true;
}

static void put_known(struct doc *object, const char *key, uint64_t number)
{
    if (number != 0) {
        doc_put_number(object, key, number);
    }
}

static void put_if(struct doc *object, const char *key, bool has, uint64_t number)
{
    if (has) {
        doc_put_number(object, key, number);
    }
}

struct doc *job_doc(const struct job *job)
{
    if (!job->is_there) {
        return NULL;
    }
    struct doc *object = doc_object();
    doc_put_text(object, "scheduler", "slurm");
    doc_put_text(object, "id", job->id);
    doc_put_text(object, "array_id", job->array_id);
    put_if(object, "array_index", job->has_array_index, job->array_index);
    doc_put_text(object, "step", job->step);
    put_if(object, "task", job->has_task, job->task);
    put_known(object, "tasks", job->tasks);
    doc_put_text(object, "node", job->node);
    doc_put_text(object, "nodes", job->nodes);
    put_known(object, "cpus", job->cpus);
    put_known(object, "memory_bytes", job->memory_bytes);
    put_known(object, "time_limit_s", job->time_limit_s);
    doc_put_text(object, "submit_host", job->submit_host);
    if (job->cancelled) {
        doc_put_bool(object, "cancelled", true);
    }
    struct doc *sweep = sweep_row_doc(&job->row);
    if (sweep == NULL && job->sweep_id != NULL) {
        sweep = doc_object();
        doc_put_text(sweep, "id", job->sweep_id);
        doc_put_number(sweep, "row", job->sweep_row);
    }
    if (sweep != NULL) {
        doc_put(object, "sweep", sweep);
    }
    return object;
}

bool job_read(const struct doc *circumstances, struct job *ret_job)
{
    const struct doc *object = doc_get(circumstances, "job");
    const struct doc *sweep = doc_get(object, "sweep");
    auto_free char *scheduler = doc_get_text(object, "scheduler");
    auto_free char *id = doc_get_text(object, "id");
    if (scheduler == NULL || id == NULL) {
        return false;
    }
    struct job job = {.is_there = true};
    job.id = steal_ptr(&id);
    job.array_id = doc_get_text(object, "array_id");
    job.has_array_index = doc_get_number(object, "array_index", &job.array_index);
    job.step = doc_get_text(object, "step");
    job.has_task = doc_get_number(object, "task", &job.task);
    (void)doc_get_number(object, "tasks", &job.tasks);
    job.node = doc_get_text(object, "node");
    job.is_node = job.node != NULL;
    job.nodes = doc_get_text(object, "nodes");
    (void)doc_get_number(object, "cpus", &job.cpus);
    (void)doc_get_number(object, "memory_bytes", &job.memory_bytes);
    (void)doc_get_number(object, "time_limit_s", &job.time_limit_s);
    job.submit_host = doc_get_text(object, "submit_host");
    job.cancelled = doc_get_bool(object, "cancelled");
    job.sweep_id = doc_get_text(sweep, "id");
    job.has_sweep_row = doc_get_number(sweep, "row", &job.sweep_row);
    *ret_job = job;
    return true;
}

static void add_limit(struct buf *text, enum limit limit, uint64_t value)
{
    if (value != 0) {
        auto_free char *words = limit_text(limit, value);
        buf_addf(text, ", %s", words);
    }
}

char *job_text(const struct job *job)
{
    struct buf text = {0};
    buf_addf(&text, "slurm %s", job->array_id != NULL ? job->array_id : job->id);
    if (job->array_id != NULL) {
        buf_addf(&text, "_%" PRIu64 " (%s)", job->array_index, job->id);
    }
    if (job->step != NULL) {
        buf_addf(&text, " step %s", job->step);
    }
    if (job->has_task && job->tasks > 0) {
        buf_addf(&text, ", task %" PRIu64 " of %" PRIu64, job->task, job->tasks);
    }
    if (job->node != NULL) {
        buf_addf(&text, ", on %s", job->node);
    }
    if (job->nodes != NULL && (job->node == NULL || strcmp(job->node, job->nodes) != 0)) {
        buf_addf(&text, " of %s", job->nodes);
    }
    add_limit(&text, LIMIT_CPUS, job->cpus);
    add_limit(&text, LIMIT_MEMORY, job->memory_bytes);
    add_limit(&text, LIMIT_TIME, job->time_limit_s <= 1000000000 ? job->time_limit_s * 1000000000 : 0);
    buf_add_text(&text, job->cancelled ? ", told to end" : "");
    if (job->sweep_id != NULL) {
        buf_addf(&text, ", row %" PRIu64 " of sweep %s", job->sweep_row, job->sweep_id);
    }
    return buf_take(&text);
}
