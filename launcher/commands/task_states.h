/* SPDX-License-Identifier: BSD-2-Clause
 *
 * task_states: what Slurm says of the tasks of jobs (squeue(1), sacct(1), JOB STATE CODES).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strlist.h"
#include "commands/tasks.h"

#define TASK_STATES_NO_INDEX UINT64_MAX /* the job is no array */

struct task_said {
    char *job;      /* of an array the one that all tasks share */
    uint64_t index; /* or TASK_STATES_NO_INDEX */
    char *state;    /* "RUNNING", "CANCELLED" */
};

struct task_states {
    struct task_said *item; /* sorted; what squeue says goes before what sacct says */
    size_t count;
    size_t capacity;
    bool slurm; /* one of the two answered */
};

/* Fails never: who does not answer says nothing. */
void task_states_ask(struct task_states *states, const struct strlist *jobs);
/* NULL: nothing is said of it. Borrowed. */
const char *task_states_of(const struct task_states *states, const char *job, uint64_t index);
/* TASK_RUNNING, TASK_WAITING or TASK_LOST. */
enum task_state task_states_meaning(const char *state);
/* In small letters, with blanks; caller frees. */
char *task_states_words(const char *state);
void task_states_release(struct task_states *states);
/* The text of squeue or sacct: lines "JOB|INDEX|STATE" or "JOB[_INDEX]|STATE". For tests. */
void task_states_read_queue(struct task_states *states, const char *text);
void task_states_read_accounts(struct task_states *states, const char *text);
