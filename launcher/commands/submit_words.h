/* SPDX-License-Identifier: BSD-2-Clause
 *
 * submit_words: the words of `sciwrap submit`: ours, those of sbatch(1), and the run after `--`.
 */
#pragma once

#include "base/err.h"
#include "base/strlist.h"
#include "commands/command.h"

/* What was asked for; the texts are borrowed from the command line, the lists owned. */
struct submit_words {
    const char *array; /* NULL: not given, as the others */
    const char *sweep;
    const char *at_once;
    const char *prepare;
    const char *again;
    bool as_step;
    bool is_task;
    bool dry_run;
    bool has_run;          /* there was a `--` */
    struct strlist sbatch; /* one option a word: "--time=10", "-pshort" */
    struct strlist run;    /* "run" or "exec", options, ENV, arguments */
};

extern const struct command_option submit_options[];

int submit_words_read(struct submit_words *words, int argc, char **argv, struct err *err);
void submit_words_release(struct submit_words *words);

/* Of a submission that was read: a file may come from anywhere. What is no option sbatch would take for a script. */
int submit_check_sbatch(const struct strlist *options, struct err *err);
/* Of a word that becomes a line of the batch script, after which the shell reads on. */
int submit_check_line(const char *word, struct err *err);

/* The value of an option of sbatch among `options` as submit_words_read() leaves them, the last one; NULL: it is not
 * there, "" when it has none. `letter` 0: it has no short form. */
const char *submit_sbatch_value(const struct strlist *options, const char *name, char letter);

/* Checks a line for `run` or `exec` that is to run in a job, and finds ENV in it. */
int submit_find_env(const struct strlist *run, size_t *ret_env, struct err *err);
