/* SPDX-License-Identifier: BSD-2-Clause
 * limits: what a run was limited to, in its manifest and in words for people. */
#include "run/limits.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/mem.h"

#define SECOND 1000000000U

/* In the manifest; time_s is a number of seconds that may have a fraction. */
static const char *const keys[LIMITS] = {
    [LIMIT_PIDS] = "pids",   [LIMIT_MEMORY] = "memory_bytes",       [LIMIT_CPUS] = "cpus",
    [LIMIT_TIME] = "time_s", [LIMIT_FILE_SIZE] = "file_size_bytes", [LIMIT_OPEN_FILES] = "open_files",
};

struct doc *limits_doc(const struct limits *limits)
{
    if (!limits_any(limits)) {
        return NULL;
    }
    struct doc *object = doc_object();
    for (int i = 0; i < LIMITS; i++) {
        uint64_t value = limits->value[i];
        if (i == LIMIT_TIME && value % SECOND != 0) {
            doc_put_real(object, keys[i], (double)value / SECOND);
        } else if (value != 0) {
            doc_put_number(object, keys[i], i == LIMIT_TIME ? value / SECOND : value);
        }
    }
    return object;
}

/* False when it is there and is no number of seconds. */
static bool read_time(const struct doc *object, uint64_t *ret_value)
{
    double seconds;
    if (!doc_get_real(object, keys[LIMIT_TIME], &seconds) || !(seconds > 0 && seconds <= 1e9)) {
        return false;
    }
    *ret_value = (uint64_t)(seconds * SECOND + 0.5);
    return true;
}

int limits_read(const struct reader *reader, const struct doc *object, struct limits *ret_limits)
{
    struct limits limits = {0};
    for (int i = 0; i < LIMITS; i++) {
        if (doc_get(object, keys[i]) == NULL) {
            continue;
        }
        bool read =
            i == LIMIT_TIME ? read_time(object, &limits.value[i]) : doc_get_number(object, keys[i], &limits.value[i]);
        if (!read || !limit_is_possible((enum limit)i, limits.value[i])) {
            return reader_complain(reader, keys[i]);
        }
    }
    *ret_limits = limits;
    return 0;
}

struct doc *limits_held_doc(const struct limits_held *held)
{
    struct doc *object = doc_object();
    struct doc *by = doc_object();
    struct doc *hit = doc_array();
    for (int i = 0; i < LIMITS; i++) {
        if (held->by[i] != LIMIT_BY_NOTHING) {
            doc_put_text(by, limit_name((enum limit)i), limit_means_name(held->by[i]));
        }
        if (held->hit[i]) {
            doc_append_text(hit, limit_name((enum limit)i));
        }
    }
    doc_put_text(object, "mechanism", limits_mechanism(held));
    doc_put_text(object, "cgroup", held->path);
    doc_put(object, "by", by);
    if (held->by[LIMIT_CPUS] != LIMIT_BY_NOTHING) {
        auto_free char *cpus = cpus_text(&held->cpus);
        doc_put_text(object, "cpus", cpus);
    }
    doc_put(object, "hit", hit);
    if (held->refused_processes > 0) {
        doc_put_number(object, "refused_processes", held->refused_processes);
    }
    if (held->killed_processes > 0) {
        doc_put_number(object, "killed_processes", held->killed_processes);
    }
    return object;
}

void limits_put_usage(struct doc *resources, const struct limits_held *held)
{
    if (held != NULL && held->has_peak) {
        doc_put_number(resources, "peak_memory_bytes", held->peak_memory);
    }
}

static const char *plural(uint64_t number, const char *one, const char *many)
{
    return number == 1 ? one : many;
}

void limits_tell_hit(const struct launch_result *launch, struct strlist *ret_lines)
{
    const struct limits_held *held = launch->limits;
    if (held == NULL) {
        return;
    }
    auto_free char *memory = limit_text(LIMIT_MEMORY, held->asked.value[LIMIT_MEMORY]);
    auto_free char *time = limit_text(LIMIT_TIME, held->asked.value[LIMIT_TIME]);
    auto_free char *file_size = limit_text(LIMIT_FILE_SIZE, held->asked.value[LIMIT_FILE_SIZE]);
    auto_free char *pids = limit_text(LIMIT_PIDS, held->asked.value[LIMIT_PIDS]);
    if (held->hit[LIMIT_TIME]) {
        strlist_addf(ret_lines, "ended by the time limit of %s", time);
    }
    if (held->hit[LIMIT_MEMORY] && limits_ended_by(launch->wait_status, SIGKILL)) {
        strlist_addf(ret_lines, "ended by the memory limit of %s", memory);
    } else if (held->hit[LIMIT_MEMORY]) {
        strlist_addf(ret_lines, "the memory limit of %s was hit: %" PRIu64 " %s killed", memory, held->killed_processes,
                     plural(held->killed_processes, "process was", "processes were"));
    }
    if (held->hit[LIMIT_FILE_SIZE]) {
        strlist_addf(ret_lines, "ended by the limit of %s on the size of a file", file_size);
    }
    if (held->hit[LIMIT_PIDS]) {
        strlist_addf(ret_lines, "the limit of %s was hit: %" PRIu64 " more %s refused", pids, held->refused_processes,
                     plural(held->refused_processes, "was", "were"));
    }
}

void limits_tell_weak(const struct limits_held *held, struct strlist *ret_lines)
{
    static const char next[] = "'systemd-run --user --scope -p Delegate=yes sciwrap ...' or a cluster's job can give "
                               "one";
    struct buf what = {0};
    if (held->by[LIMIT_MEMORY] == LIMIT_BY_PROCESS) {
        buf_add_text(&what, "the memory limit holds for each process by itself");
    }
    if (held->by[LIMIT_CPUS] == LIMIT_BY_AFFINITY) {
        buf_addf(&what, "%sthe run could move to other CPUs itself", what.length > 0 ? ", and " : "");
    }
    if (what.length > 0) {
        strlist_addf(ret_lines, "%s: %s; %s", buf_text(&what),
                     held->no_group != NULL ? held->no_group : "the control group here does not hand on what is needed",
                     next);
    }
    if (held->cpus.count < held->asked.value[LIMIT_CPUS]) {
        strlist_addf(ret_lines, "limited to %" PRIu64 " CPUs; here are %zu", held->asked.value[LIMIT_CPUS],
                     held->cpus.count);
    }
    buf_release(&what);
}

char *limits_describe(const struct limits *limits, const struct doc *held)
{
    struct buf text = {0};
    const struct doc *by = doc_get(held, "by");
    auto_free char *mechanism = doc_get_text(held, "mechanism");
    auto_free char *group = doc_get_text(held, "cgroup");
    for (int i = 0; i < LIMITS; i++) {
        if (limits->value[i] != 0) {
            auto_free char *value = limit_text((enum limit)i, limits->value[i]);
            auto_free char *means = doc_get_text(by, limit_name((enum limit)i));
            auto_free char *cpus = i == LIMIT_CPUS ? doc_get_text(held, "cpus") : NULL;
            buf_addf(&text, "%s%s (%s, by %s%s%s)", text.length > 0 ? ", " : "", value, limit_name((enum limit)i),
                     means != NULL ? means : "nothing", cpus != NULL ? ": " : "", cpus != NULL ? cpus : "");
        }
    }
    buf_addf(&text, "%s%s", mechanism != NULL ? "; " : "", mechanism != NULL ? mechanism : "");
    buf_addf(&text, "%s%s", group != NULL ? " " : "", group != NULL ? group : "");
    return buf_take(&text);
}
