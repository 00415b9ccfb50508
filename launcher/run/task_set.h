/* SPDX-License-Identifier: BSD-2-Clause
 *
 * task_set: which tasks of an array, as Slurm writes them (sbatch(1), --array): "1-200", "3,7,12-15", "0-100:10".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { TASK_MOST = 4000000 };

struct task_set {
    uint32_t *task; /* rising */
    size_t count;
    size_t capacity;
};

/* False for anything else, for a number over TASK_MOST, and for no task at all. */
bool task_set_parse(struct task_set *set, const char *text);
/* Every number from `first` to `last`. */
void task_set_add_range(struct task_set *set, uint32_t first, uint32_t last);
void task_set_add(struct task_set *set, uint32_t task); /* in any order, more than once too */
bool task_set_has(const struct task_set *set, uint64_t task);
/* Appends the shortest text that is read as the same set; with `less` taken from each number. */
void task_set_format(const struct task_set *set, uint64_t less, struct buf *text);
void task_set_release(struct task_set *set);
