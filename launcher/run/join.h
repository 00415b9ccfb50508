/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join: the ranks of one step on one node in one sandbox, with one record.
 *
 * The launcher of a parallel program starts `sciwrap run ...` once for each rank. These processes meet at a socket in
 * the private folder of the user, SCRATCH/sciwrap-UID/step.KEY (run/scratch.h). Who comes first forks a process that
 * leads: it starts all ranks in one sandbox (sandbox/join.h) and writes the one manifest. The processes that were
 * started stay as they are, one for each rank, the first one's too: each passes signals on, and ends with the exit
 * status of its rank as soon as that has ended, so that whoever started it knows at once which rank failed. Only the
 * last one waits until the record is written.
 *
 *     join_meet()       in every process; in most it returns when all is over
 *     join_streams()    in the one that leads: inputs and outputs of the ranks
 *     join_company()    for launch()
 *     join_conclude()   when the record is written
 *
 * When a rank's process dies, its rank is killed; when the one that leads dies, all ranks are (sandbox/init.c), and
 * each process says so and fails.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "run/join_doc.h"
#include "run/join_offer.h"
#include "run/streams.h"
#include "sandbox/join.h"

struct join_group; /* the ranks, in the process that leads them */

/* *ret_group NULL: the rank has ended, *exit_code is its. Else this is a new process, the one that leads; it has no
 * session and no terminal, and what it writes to standard error is told by the last rank. */
int join_meet(const struct join_offer *offer, struct join_group **ret_group, int *exit_code, struct err *err);

/* Of the lowest rank; borrowed. */
const struct strlist *join_environment(const struct join_group *group);
/* What the ranks are to do into the setup: the command of the lowest one, and the variables that all have, without the
 * wiring. */
void join_take_over(const struct join_group *group, struct setup *setup);

/* Before the start: what the standard streams of all ranks are; files that come in are inputs. manifest->stream becomes
 * what the lowest rank's are. */
int join_streams(struct join_group *group, const struct setup *setup, const struct facts *facts,
                 struct stream streams[STREAMS], struct file_list *inputs, struct err *err);
/* After the end: files that they wrote to are outputs. */
void join_add_outputs(struct join_group *group, struct file_list *outputs);

/* `expect` is told of the memory of each rank (sandbox/recorder.h), or NULL: nobody listens. */
struct join_company *join_company(struct join_group *group, void (*expect)(void *context, pid_t pid, int memory),
                                  void *context);
/* What is known of the ranks, once they have ended; and why the first one did not start that did not, or NULL. */
void join_record(const struct join_group *group, struct join_record *ret_record);
const char *join_failure(const struct join_group *group);

/* Tells those that wait how it went, and ends this process. `result` and `err`: of the whole run. */
void join_conclude(struct join_group *group, int result, const struct err *err) __attribute__((noreturn));
