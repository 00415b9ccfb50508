/* SPDX-License-Identifier: BSD-2-Clause
 *
 * submit: the pieces of `sciwrap submit`: a new submission (submit.c), handing it over (submit_hand.c), its failed
 * tasks once more (submit_again.c), and one task of it (submit_task.c).
 */
#pragma once

#include "commands/submit_words.h"
#include "run/submission.h"

/* A task fills the words from its row, and finds out what no shell had a part in: ENV stays where it was. `env` is its
 * place in the words before they were filled. ERR_USAGE when a cell made something else of the line. */
int submit_fill(const struct strlist *run, const struct sweep *sweep, uint64_t task, size_t env,
                struct strlist *ret_filled, struct err *err);

/* --prepare; checked, and taken over. */
int submit_prepare(struct submission *submission, const char *text, struct err *err);
/* --at-once. */
int submit_at_once(const char *text, uint64_t *ret_count, struct err *err);

/* The jobs for `tasks` are written beside the submission and handed to sbatch; their numbers go to standard output.
 * With `dry_run` the scripts go there instead, and nothing is written or started. */
int submit_hand_over(struct submission *submission, const struct task_set *tasks, bool dry_run, struct err *err);

int submit_again(const struct submit_words *words, struct err *err);
/* ERR_MISMATCH when the definition of that name pins something else than when it was submitted. */
int submit_check_pin(const struct submission *submission, const char *name, struct err *err);
int submit_task(const struct strlist *run, int *exit_code, struct err *err);
