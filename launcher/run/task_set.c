/* SPDX-License-Identifier: BSD-2-Clause
 * task_set: which tasks of an array, as Slurm writes them. */
#include "run/task_set.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/mem.h"
#include "base/text.h"

static void append(struct task_set *set, uint32_t task)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity == 0 ? 64 : set->capacity * 2;
        set->task = xreallocarray(set->task, set->capacity, sizeof(*set->task));
    }
    set->task[set->count++] = task;
}

static int by_number(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a;
    uint32_t second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

static void sort(struct task_set *set)
{
    size_t kept = 0;
    if (set->count > 1) {
        qsort(set->task, set->count, sizeof(*set->task), by_number);
    }
    for (size_t i = 0; i < set->count; i++) {
        if (kept == 0 || set->task[kept - 1] != set->task[i]) {
            set->task[kept++] = set->task[i];
        }
    }
    set->count = kept;
}

void task_set_add(struct task_set *set, uint32_t task)
{
    bool in_order = set->count == 0 || set->task[set->count - 1] < task;
    append(set, task);
    if (!in_order) {
        sort(set);
    }
}

void task_set_add_range(struct task_set *set, uint32_t first, uint32_t last)
{
    for (uint32_t task = first; task <= last; task++) {
        append(set, task);
    }
    sort(set);
}

bool task_set_has(const struct task_set *set, uint64_t task)
{
    uint32_t key = (uint32_t)task;
    return task <= TASK_MOST && set->count > 0 &&
           bsearch(&key, set->task, set->count, sizeof(*set->task), by_number) != NULL;
}

/* "7", "1-9" or "1-9:2". Each number adds at most TASK_MOST of them, and what repeats is dropped at the end of each
 * piece, so that no text makes the set larger than twice that. */
static bool add_piece(struct task_set *set, const char *piece)
{
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t step = 1;
    auto_free char *text = xstrdup(piece);
    char *dash = strchr(text, '-');
    char *colon = strchr(text, ':');
    if (colon != NULL && (dash == NULL || dash > colon || !text_to_u64(colon + 1, 1, TASK_MOST, &step))) {
        return false;
    }
    if (colon != NULL) {
        *colon = '\0';
    }
    if (dash != NULL) {
        *dash = '\0';
    }
    if (!text_to_u64(text, 0, TASK_MOST, &first) ||
        !text_to_u64(dash != NULL ? dash + 1 : text, first, TASK_MOST, &last)) {
        return false;
    }
    for (uint64_t task = first; task <= last; task += step) {
        append(set, (uint32_t)task);
    }
    sort(set);
    return true;
}

bool task_set_parse(struct task_set *set, const char *text)
{
    for (const char *at = text;;) {
        size_t length = strcspn(at, ",");
        auto_free char *piece = xstrndup(at, length);
        if (!add_piece(set, piece)) {
            task_set_release(set);
            return false;
        }
        if (at[length] == '\0') {
            return true;
        }
        at += length + 1;
    }
}

void task_set_format(const struct task_set *set, uint64_t less, struct buf *text)
{
    for (size_t i = 0; i < set->count;) {
        size_t end = i + 1;
        while (end < set->count && set->task[end] == set->task[end - 1] + 1) {
            end++;
        }
        buf_addf(text, "%s%" PRIu64, i > 0 ? "," : "", set->task[i] - less);
        if (end - i > 1) {
            buf_addf(text, "%s%" PRIu64, end - i > 2 ? "-" : ",", set->task[end - 1] - less);
        }
        i = end;
    }
}

void task_set_release(struct task_set *set)
{
    free(set->task);
    *set = (struct task_set){0};
}
