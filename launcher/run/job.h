/* SPDX-License-Identifier: BSD-2-Clause
 *
 * job: the job of a batch system that a run is part of, for its record, and what the job may use.
 *
 * Slurm, by the variables that slurmd gives to what it starts (sbatch(1), srun(1): OUTPUT ENVIRONMENT VARIABLES).
 * Nothing is asked over the network and no program is started: ten thousand tasks must not ask one controller ten
 * thousand questions. Variables are what anybody may set, so they are facts for the record and limits that a user keeps
 * to, no wall; what is not as Slurm writes it is taken for not there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/doc.h"
#include "run/sweep_row.h"
#include "sandbox/cpus.h"

enum { JOB_TEXT_MOST = 4096 }; /* a list of nodes; Slurm's ranges are far shorter */

/* 0 and NULL: not known. Indexes count from 0, so each has a has_. */
struct job {
    bool is_there;
    bool is_node;  /* we are where the job runs; false in the shell of salloc(1), which has all of a login node */
    bool is_loose; /* nothing but us holds this process to `cpus`: set by facts_need_cpus() */
    char *id;
    char *array_id; /* the job that all tasks of an array share */
    char *step;
    char *node;  /* the name that Slurm has for this machine */
    char *nodes; /* all of the job, or of the step: "node[1-3]" */
    char *submit_host;
    char *sweep_id;       /* set by the script of sciwrap submit, as are the row, and the time where Slurm is silent */
    struct sweep_row row; /* of the table of sciwrap submit; not gathered here */
    bool has_array_index;
    bool has_task;
    bool has_sweep_row;
    uint64_t array_index;
    uint64_t task; /* rank within the step */
    uint64_t tasks;
    uint64_t sweep_row;
    uint64_t cpus;         /* that this process may use */
    uint64_t memory_bytes; /* that the job, or the step, may use on this node */
    uint64_t time_limit_s;
    uint64_t end_s; /* when it is over, seconds since 1970 */
    bool cancelled; /* found out later: the job was told to end while the run went on */
};

/* `environment` as in environ(7); NULL: none. Caller releases. */
void job_gather(struct job *job, char *const *environment);
void job_release(struct job *job);

/* Where Slurm counts CPUs and binds nobody to them (task/none), the calling thread and what it starts get as many as
 * the job has, and not those of another run. True: the caller releases *ret_cpus when the run has ended. */
bool job_pin(const struct job *job, struct cpus *ret_cpus);

/* circumstances.job; NULL when there is no job. */
struct doc *job_doc(const struct job *job);
/* The same back from a manifest; false when there is none, or it is no object with a scheduler. Caller releases. */
bool job_read(const struct doc *circumstances, struct job *ret_job);

/* "slurm 17_3 step 0, task 1 of 4, on node1; 2 CPUs, 4 GiB of memory, 3600 s", for people; caller frees. */
char *job_text(const struct job *job);
