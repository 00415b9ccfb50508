/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join_step: which ranks belong together, by the variables that the launcher of a parallel program gives to each: srun
 * (SLURM_STEP_ID, SLURM_LOCALID ...), Open MPI's mpirun (OMPI_COMM_WORLD_...), and mpiexec of MPICH, Intel MPI and
 * MVAPICH (PMI_RANK, MPI_LOCALRANKID ...). Each describes itself in its manual; none has a standard.
 *
 * A launcher other than Slurm has no name that all its ranks know and nobody else has. It is the nearest process above
 * this one that is no rank itself, wherever scripts stand between.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"

enum join_mode { JOIN_AUTO, JOIN_NO, JOIN_NAMED };

/* What --join asks for. */
struct join_wish {
    enum join_mode mode;
    char *name;     /* JOIN_NAMED */
    uint64_t count; /* JOIN_NAMED: of the ranks on this node; 0: as the launcher says */
};

struct join_step {
    const char *launcher; /* "slurm", "openmpi", "hydra"; NULL: no launcher is known */
    char *key;            /* what all ranks of the step on this node have in common and nobody else; a file name */
    bool numbered;        /* the next two are known */
    uint64_t rank;
    uint64_t local_rank;
    uint64_t size; /* of the whole step, on all nodes; at least local_size */
    uint64_t local_size;
};

/* "auto", "no", NAME or NAME:COUNT. */
int join_wish_parse(struct join_wish *wish, const char *text, struct err *err);
void join_wish_release(struct join_wish *wish);

/* 1: the ranks of *ret_step are to share a sandbox; 0: this is a run of its own; -1 with `err` set. `environment` as
 * environ(7). */
int join_step_find(const struct join_wish *wish, char *const *environment, struct join_step *ret_step, struct err *err);
void join_step_release(struct join_step *step);

/* A variable by which a launcher and its ranks find each other, or tell them who they are: the ranks get it. */
bool join_step_is_wiring(const char *assignment);
