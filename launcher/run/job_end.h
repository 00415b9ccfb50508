/* SPDX-License-Identifier: BSD-2-Clause
 *
 * job_end: how long a command that ignores its end may go on, so that there is time left for its record.
 */
#pragma once

#include <stdint.h>

#include "run/job.h"

/* Of the text of a slurm.conf(5), in seconds. */
struct job_waits {
    uint64_t kill;  /* KillWait: from SIGTERM to SIGKILL */
    uint64_t grace; /* the longest GraceTime of a partition: from being preempted to being ended; 0: none */
};

/* What the text does not say, or not as Slurm takes it, is Slurm's own: 30 and 0. */
void job_waits_parse(const char *text, struct job_waits *ret_waits);
/* Nanoseconds from the moment at which the job was told to end, for the n-th time; 0: not known, nothing is to be done.
 * `now_s` is the time since 1970. */
uint64_t job_waits_left(const struct job_waits *waits, const struct job *job, unsigned times, uint64_t now_s);

/* The same, of the slurm.conf that is used here. 0 outside of a job. */
uint64_t job_end_grace(const struct job *job, unsigned times);
