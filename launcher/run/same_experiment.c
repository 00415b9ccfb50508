/* SPDX-License-Identifier: BSD-2-Clause
 * same_experiment: whether two recorded runs did the same. */
#include "run/same_experiment.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

/* Longer chains of reruns nobody makes by hand; a forged one may be a ring. */
enum { RERUNS_MOST = 1000 };

const char *same_experiment_root(const struct catalog *catalog, const struct catalog_run *run)
{
    for (int i = 0; i < RERUNS_MOST && run->rerun_of[0] != '\0'; i++) {
        const struct catalog_run *before = catalog_find(catalog, run->rerun_of);
        if (before == NULL) {
            return run->rerun_of;
        }
        run = before;
    }
    return run->id;
}

static bool same_words(const struct catalog_run *a, const struct catalog_run *b)
{
    const char *one = a->command;
    const char *other = b->command;
    if (a->words != b->words) {
        return false;
    }
    for (uint64_t i = 0; i < a->words; i++) {
        if (strcmp(one, other) != 0) {
            return false;
        }
        one += strlen(one) + 1;
        other += strlen(other) + 1;
    }
    return true;
}

static bool next_input(const struct catalog_run *run, const char **at, struct catalog_file *ret_file)
{
    while (catalog_file_next(run, at, ret_file)) {
        if (!ret_file->is_output) {
            return true;
        }
    }
    return false;
}

/* Manifests list inputs in one order, so the same inputs are the same sequence. */
static bool same_inputs(const struct catalog_run *a, const struct catalog_run *b)
{
    struct catalog_file one;
    struct catalog_file other;
    const char *at = a->files;
    const char *other_at = b->files;
    while (next_input(a, &at, &one)) {
        if (!next_input(b, &other_at, &other) || !digest_equal(one.digest, other.digest) ||
            strcmp(one.path, other.path) != 0) {
            return false;
        }
    }
    return !next_input(b, &other_at, &other);
}

bool same_experiment(const struct catalog *catalog, const struct catalog_run *a, const struct catalog_run *b)
{
    if (strcmp(same_experiment_root(catalog, a), same_experiment_root(catalog, b)) == 0) {
        return true;
    }
    return a->artifact[0] != '\0' && strcmp(a->artifact, b->artifact) == 0 && same_words(a, b) && same_inputs(a, b);
}

/* RFC 3339 in UTC, to nanoseconds since 1970; -1 when it is not that. */
static int64_t time_ns(const char *text)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == NULL) {
        return -1;
    }
    int64_t fraction = 0;
    int64_t digit = 100000000;
    if (*rest == '.') {
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, digit /= 10) {
            fraction += (*rest - '0') * digit;
        }
    }
    int64_t seconds = (int64_t)timegm(&parts);
    return strcmp(rest, "Z") == 0 && seconds >= 0 ? seconds * 1000000000 + fraction : -1;
}

bool same_time_or_before(const struct catalog_run *maker, const struct catalog_run *reader)
{
    int64_t began = time_ns(maker->started);
    int64_t asked = time_ns(reader->started);
    if (began < 0 || asked < 0 || reader->elapsed_ns > INT64_MAX / 2) {
        return true;
    }
    return began <= asked + (int64_t)reader->elapsed_ns;
}
